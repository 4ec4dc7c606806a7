import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5';
import { startGateway } from '../../harness/gateway.ts';
import { startUpstream } from '../../harness/upstream.ts';
import { assertCost, noProc } from './cost.ts';

/** Markup that is dressed up so that a filter lets it through, in front of a service that shows what it got. */

const arrived: { readonly text: string; readonly type: string | undefined }[] = [];
const upstream = await startUpstream({ after }, (incoming, reply) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    arrived.push({ text: Buffer.concat(chunks).toString(), type: incoming.headers['content-type'] });
    reply.end('ok');
  });
});
beforeEach(() => {
  arrived.length = 0;
});

const gateway = await startGateway(
  { after },
  {
    files: {
      'notes.yaml': `
openapi: 3.1.0
info: { title: Notes, version: 1 }
paths:
  /notes:
    post:
      requestBody:
        content:
          application/json: { schema: { $ref: '#/components/schemas/Note' } }
          application/*: { schema: { $ref: '#/components/schemas/Note' } }
          multipart/form-data: { schema: { $ref: '#/components/schemas/Upload' } }
components:
  schemas:
    Note:
      type: object
      properties:
        html: { type: string, x-portcullis-sanitize: html }
        text: { type: string, x-portcullis-sanitize: text }
        link: { type: string, x-portcullis-sanitize: url }
        file: { type: string, x-portcullis-sanitize: filename }
        seen: { type: string, x-portcullis-sanitize: strip-control }
        notes: { type: array, items: { $ref: '#/components/schemas/Note' } }
    Upload:
      type: object
      properties:
        seen: { type: string, x-portcullis-sanitize: strip-control }
        owner: { type: string }
`,
    },
    config: `
listen: { http: { port: 0, plaintext: true } }
threads: 1
policies: { authentication: none, access-log: { to: { file: access.log } } }
apis:
  notes:
    openapi: notes.yaml
    upstream: { targets: ['${upstream.origin}'] }
    policies:
      openapi-validation: { unknownFields: allow }
      rate-limit: off
`,
  },
);

async function send(body: string | Buffer, type = 'application/json'): Promise<number> {
  const reply = await fetch(`${gateway.http}/notes`, {
    method: 'POST',
    body,
    headers: { 'content-type': type },
  });
  await reply.text();
  return reply.status;
}

/** Elements and attributes that a browser makes of a text. */
function* namesIn(node: DefaultTreeAdapterTypes.ParentNode): Generator<string> {
  for (const child of node.childNodes) {
    if (!('tagName' in child)) continue;
    yield child.tagName;
    for (const { name, value } of child.attrs) yield `${child.tagName} ${name} ${value.slice(0, 6).trim()}`;
    yield* namesIn(child);
    if (child.tagName === 'template') yield* namesIn((child as DefaultTreeAdapterTypes.Template).content);
  }
}

const harmless = /^(?:p|br|b|i|em|strong|ul|ol|li|a|blockquote|code|pre|a href https?:?)$/;

const payloads: readonly string[] = [
  '<script>alert(1)</script>',
  '<ScRiPt\n>alert(1)</sCrIpT >',
  '<scr<script>ipt>alert(1)</scr</script>ipt>',
  '<<script>alert(1)//<</script>',
  '<script/src=//evil.example></script/>',
  '<img src=x onerror=alert(1)>',
  '<img src="x` `<script>alert(1)</script>"` `>',
  '<img/src/onerror=alert(1)>',
  '<img \0src=x \0onerror=alert(1)>',
  '<i\0mg src=x onerror=alert(1)>',
  '<svg/onload=alert(1)>',
  '<svg><script>alert&#40;1)</script></svg>',
  '<svg><animate onbegin=alert(1) attributeName=x dur=1s>',
  '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
  '<math href="javascript:alert(1)">x</math>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
  '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<textarea></textarea><img src=x onerror=alert(1)>',
  '<xmp><p title="</xmp><svg/onload=alert(1)>">',
  '<title><p title="</title><svg/onload=alert(1)>">',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<iframe><p title="</iframe><svg/onload=alert(1)>">',
  '<noembed><p title="</noembed><svg/onload=alert(1)>">',
  '<template><script>alert(1)</script></template>',
  '<select><template><style><!--</style><a rel="--></style></template></select><img id=x src onerror=alert(1)>">x</a>',
  '<plaintext><script>alert(1)</script>',
  '<!--><img src=x onerror=alert(1)>-->',
  '<!--!><img src=x onerror=alert(1)>--!>',
  '<![CDATA[<img src=x onerror=alert(1)>]]>',
  '<?xml version="1.0"?><img src=x onerror=alert(1)>',
  '</a onmouseover=alert(1)>x',
  '<a href="javascript:alert(1)">x</a>',
  '<a href="java\tscript:alert(1)">x</a>',
  '<a href="java\u0000script:alert(1)">x</a>',
  '<a href=" &#14; javascript:alert(1)">x</a>',
  '<a href="&#x6A&#x61&#x76&#x61script:alert(1)">x</a>',
  '<a href="javascript&colon;alert(1)">x</a>',
  '<a href="java&NewLine;script:alert(1)">x</a>',
  '<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>',
  '<a href="https://ok.example/" onclick=alert(1)>x</a>',
  `<a href='https://ok.example/"onclick="alert(1)'>x</a>`,
  '<a href="https://ok.example/`onclick=alert(1)">x</a>',
  '<p style="background:url(javascript:alert(1))">x</p>',
  '<b onmouseover=alert(1)//',
  '<b "\'><img src=x onerror=alert(1)>">x</b>',
  '<object data="data:text/html,x"></object>',
  '<meta http-equiv=refresh content="0;url=javascript:alert(1)">',
  '<base href="//evil.example/">',
  '\u003cscript\u003ealert(1)\u003c/script\u003e',
  '%3Cscript%3Ealert(1)%3C/script%3E',
  '\uff1cscript\uff1ealert(1)',
];

test('no payload is left that a browser would run', async () => {
  for (const payload of payloads) {
    // NUL in a JSON string is an escape like any other.
    for (const written of [JSON.stringify(payload), escaped(payload)]) {
      assert.equal(
        await send(`{"html":${written},"text":${written},"notes":[{"html":${written}}]}`),
        200,
        payload,
      );
      const { html, text, notes } = JSON.parse(arrived.at(-1)!.text) as {
        html: string;
        text: string;
        notes: [{ html: string }];
      };
      for (const name of namesIn(parseFragment(html)))
        assert.match(name, harmless, `${payload} became ${html}`);
      assert.equal(notes[0].html, html);
      assert.deepEqual([...namesIn(parseFragment(text))], [], `${payload} became ${text}`);
    }
  }
});

function escaped(text: string): string {
  return `"${[...text].map((character) => (character.length > 1 ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)).join('')}"`;
}

test('the field is cleaned under every name that a service may read it by', async () => {
  for (const name of ['html', 'HTML', 'Html', '\\u0068tml', 'ht\\u006dl']) {
    assert.equal(await send(`{"${name}":"a<script>x</script>"}`), 200);
    assert.equal(Object.values(JSON.parse(arrived.at(-1)!.text) as object)[0], 'a', name);
  }
  // Of two, one would be left.
  assert.equal(await send('{"html":"a","html":"<script>"}'), 400);
  assert.equal(await send('{"html":"a","\\u0068tml":"<script>"}'), 400);
});

test('another media type is no way around', async () => {
  const evil = '{"html":"<script>"}';
  for (const type of [
    'application/xml',
    'application/x-ndjson',
    'application/json-seq',
    'text/plain',
    'application/octet-stream',
  ])
    assert.notEqual(await send(evil, type), 200, type);
  assert.equal(await send('<Note><html>a</html></Note>', 'application/xml'), 415);
  assert.equal(await send('{"html":"a"}\n', 'application/x-ndjson'), 415);
  assert.equal(arrived.length, 0);
  assert.equal(await send('{"html":"a<script>x</script>"}', 'application/vnd.notes+json'), 200);
  assert.equal(arrived[0]!.text, '{"html":"a"}');
});

test('links and file names without a clean form do not pass', async () => {
  for (const link of [
    'javascript:alert(1)',
    'java\nscript:alert(1)',
    ' javascript:x',
    'data:text/html,x',
    '//evil.example',
    'https://a@evil.example',
  ])
    assert.equal(await send(JSON.stringify({ link })), 400, link);
  for (const file of ['..', '..%2f..%2fetc%2fpasswd', '%2e%2e%2fetc', '\0', '/'])
    assert.equal(await send(JSON.stringify({ file })), 400, file);
  assert.equal(arrived.length, 0);
  assert.equal(await send(JSON.stringify({ file: '../../etc/cron.d/x', link: 'https://ok.example/' })), 200);
  assert.equal(arrived[0]!.text, '{"file":"x","link":"https://ok.example/"}');
});

test('what is taken out of a part of a multipart makes no new part', async () => {
  const body =
    '--bb\r\nContent-Disposition: form-data; name="seen"\r\n\r\nx\r\n--b\u200bb\r\nContent-Disposition: form-data; name="owner"\r\n\r\nroot\r\n--bb--\r\n';
  assert.equal(await send(body, 'multipart/form-data; boundary=bb'), 400);
  assert.equal(arrived.length, 0);
});

/** Milliseconds: cleaning what is taken costs up to 230, as markup is parsed and written anew. */
const bound = 1_500;

const worst = '<li>'.repeat(2_000).padEnd(30_000, 'x');
const costly: readonly [name: string, body: unknown, status: number][] = [
  ['many of the worst texts that are taken', { notes: times(20, { html: worst }) }, 200],
  ['very many small ones', { notes: times(8_000, { html: '<b' }) }, 200],
  ['more markup than is taken', { html: '<'.repeat(2_001) }, 400],
  ['a longer text than is taken', { html: 'x'.repeat(32_769) }, 400],
  ['text instead of markup', { notes: times(20, { text: worst }) }, 200],
  ['dots and slashes of a file name', { file: '../'.repeat(300_000) }, 400],
  ['blanks before a link', { link: ' '.repeat(900_000) }, 400],
  ['controls', { seen: '\u200b\u0007'.repeat(100_000) }, 200],
];

function times(count: number, note: object): object[] {
  return new Array<object>(count).fill(note);
}

for (const [name, body, status] of costly) {
  test(`${name}: a bounded cost`, { skip: noProc }, async () => {
    const attack = async (): Promise<void> => assert.equal(await send(JSON.stringify(body)), status);
    await assertCost(gateway.pid, name, attack, bound);
  });
}
