import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Refuse, Rewritten } from '../../exchange.ts';
import { loadDefinition } from '../../openapi/load.ts';
import type { Api, Operation } from '../../routing/apis.ts';
import { templateParameters } from '../../routing/path-template.ts';
import { type ExchangeParts, environment, exchange, preparePolicy } from '../../testing/exchange.ts';
import { sanitising } from './policy.ts';

const folder = mkdtempSync(join(tmpdir(), 'sanitising-'));
after(() => rmSync(folder, { recursive: true }));

let count = 0;
async function apiOf(yaml: string, version = '3.1.0'): Promise<Api> {
  const file = join(folder, `${++count}.yaml`);
  writeFileSync(file, `openapi: ${version}\ninfo: { title: T, version: 1 }\n${yaml}`);
  const { operations } = await loadDefinition(file);
  return {
    name: 'shop',
    basePath: '',
    operations: operations.map((definition): Operation => {
      const { id, method, path } = definition;
      return { id, method, path, parameterNames: templateParameters(path), definition };
    }),
    allowedMethods: () => [],
  };
}

/** One operation, whose body is the schema. */
function posting(schema: string, type = 'application/json', more = ''): string {
  return `paths: { /x: { post: { requestBody: { content: { ${type}: { schema: ${schema} } } } } } }\n${more}`;
}

async function policyFor(api: Api | undefined, config: object = {}) {
  return preparePolicy(sanitising, config, environment({ api }));
}

interface Sent extends ExchangeParts {
  readonly type?: string;
}

async function send(
  api: Api | undefined,
  body: unknown,
  config: object = {},
  { type = 'application/json', ...parts }: Sent = {},
) {
  const policy = await policyFor(api, config);
  const request = exchange('POST /x', {
    ...(api?.operations?.[0] && { operation: api.operations[0] }),
    body,
    fields: { 'content-type': type },
    ...parts,
  });
  const verdict = await policy.body?.(request);
  return { verdict, notes: request.notes };
}

/** What goes on, as text; the body itself where nothing was changed. */
async function goesOn(
  api: Api | undefined,
  body: string,
  config: object = {},
  sent: Sent = {},
): Promise<string> {
  const { verdict } = await send(api, body, config, sent);
  if (verdict === undefined || verdict.kind === 'report') return body;
  assert.equal(verdict.kind, 'rewritten', JSON.stringify(verdict));
  assert.equal((verdict as Rewritten).judgedAnew, true);
  return (verdict as Rewritten).body.toString();
}

function reasonOf(verdict: unknown): string {
  const { problem, reason } = verdict as Refuse;
  return `${problem} ${reason}`;
}

const text = '{ type: string, x-portcullis-sanitize: text }';

test('marks are found wherever a schema may be', async () => {
  const shared = `components: { schemas: {
    Note: ${text},
    Tree: { type: object, properties: { note: ${text}, children: { type: array, items: { $ref: '#/components/schemas/Tree' } } } } } }`;
  for (const [schema, dirty, clean] of [
    [text, '"<b>a"', '"a"'],
    [`{ properties: { a: ${text} } }`, '{"a":"<b>a","b":"<b>b"}', '{"a":"a","b":"<b>b"}'],
    ["{ properties: { a: { $ref: '#/components/schemas/Note' } } }", '{"a":"<b>a"}', '{"a":"a"}'],
    [`{ items: ${text} }`, '["<b>a", 1.0, "b"]', '["a", 1.0, "b"]'],
    [`{ prefixItems: [{}, ${text}] }`, '["<b>a","<b>b"]', '["<b>a","b"]'],
    [
      `{ additionalProperties: ${text}, properties: { a: {} } }`,
      '{"a":"<b>a","b":"<b>b"}',
      '{"a":"<b>a","b":"b"}',
    ],
    [`{ patternProperties: { "^x": ${text} } }`, '{"xa":"<b>a","b":"<b>b"}', '{"xa":"a","b":"<b>b"}'],
    [`{ allOf: [{ properties: { a: ${text} } }, {}] }`, '{"a":"<b>a"}', '{"a":"a"}'],
    [`{ oneOf: [{ type: integer }, { properties: { a: ${text} } }] }`, '{"a":"<b>a"}', '{"a":"a"}'],
    [`{ anyOf: [{ $ref: '#/components/schemas/Note' }, { type: object }] }`, '"<b>a"', '"a"'],
    [`{ if: {}, then: { properties: { a: ${text} } } }`, '{"a":"<b>a"}', '{"a":"a"}'],
    [
      "{ $ref: '#/components/schemas/Tree' }",
      '{"note":"<b>1","children":[{"note":"<b>2","children":[{"note":"<b>3"}]}]}',
      '{"note":"1","children":[{"note":"2","children":[{"note":"3"}]}]}',
    ],
    // A reader that does not mind the case gets it clean as well, and so does one that reads escapes.
    [`{ properties: { note: ${text} } }`, '{"NOTE":"<b>a"}', '{"NOTE":"a"}'],
    [`{ properties: { note: ${text} } }`, '{"\\u006eote":"\\u003cb>a"}', '{"\\u006eote":"a"}'],
    [
      `{ properties: { note: ${text}, NOTE: {} } }`,
      '{"note":"<b>a","NOTE":"<b>a"}',
      '{"note":"a","NOTE":"<b>a"}',
    ],
    // Names that every object has.
    [
      `{ properties: { constructor: ${text}, toString: {} } }`,
      '{"constructor":"<b>a","valueOf":"<b>"}',
      '{"constructor":"a","valueOf":"<b>"}',
    ],
  ] as const)
    assert.equal(
      await goesOn(await apiOf(posting(schema, 'application/json', shared)), dirty),
      clean,
      schema,
    );
});

test('beside a $ref a mark counts in every version', async () => {
  const shared = 'components: { schemas: { Note: { type: string } } }';
  const schema = "{ properties: { a: { $ref: '#/components/schemas/Note', x-portcullis-sanitize: text } } }";
  for (const version of ['3.0.3', '3.1.0'])
    assert.equal(
      await goesOn(await apiOf(posting(schema, 'application/json', shared), version), '{"a":"<b>a"}'),
      '{"a":"a"}',
    );
});

test('everything but the text stays as it is, byte for byte', async () => {
  const api = await apiOf(posting(`{ properties: { a: ${text} } }`));
  assert.equal(
    await goesOn(api, '{ "n" : 1.10e2 ,\n"a":"<b>\\u00e4\\n\\"x" , "z":"\\u0041"}'),
    '{ "n" : 1.10e2 ,\n"a":"ä\\n\\"x" , "z":"\\u0041"}',
  );
  assert.equal(await goesOn(await apiOf(posting(text)), ' \t\r\n"<b>a" \n'), ' \t\r\n"a" \n');
  const { verdict } = await send(api, '{"a":"\\u0061 < b"}');
  assert.equal(verdict, undefined);
});

test('only strings are cleaned', async () => {
  const api = await apiOf(posting('{ properties: { a: { x-portcullis-sanitize: html } } }'));
  for (const body of [
    '{"a":1}',
    '{"a":null}',
    '{"a":["<script>"]}',
    '{"a":{"a":"<script>"}}',
    '[]',
    '1',
    '"<script>"',
  ])
    assert.equal(await goesOn(api, body), body);
});

test('the record says what was changed, and no value', async () => {
  const api = await apiOf(
    posting(`{ properties: { a: { x-portcullis-sanitize: [html, trim] }, tags: { items: ${text} } } }`),
  );
  const { notes } = await send(api, { a: ' <script>x</script>', tags: ['<i>secret', 'b', '<i>c'] });
  assert.deepEqual(notes, { sanitised: ['html trim /a', 'text /tags/0', 'text /tags/2'] });
  const many = await send(api, { tags: Array.from({ length: 25 }, () => '<i>x') });
  const listed = many.notes?.sanitised;
  assert.ok(Array.isArray(listed));
  assert.equal(listed.length, 21);
  assert.equal(listed.at(-1), 'and 5 more');
  const watched = await send(api, { a: ' x' }, { mode: 'monitor' });
  assert.deepEqual(watched.notes, { notSanitised: ['trim /a'] });
});

test('a text without a clean form is refused', async () => {
  const api = await apiOf(
    posting(
      '{ properties: { u: { x-portcullis-sanitize: url }, f: { x-portcullis-sanitize: filename }, h: { x-portcullis-sanitize: html } } }',
    ),
  );
  for (const [body, reason] of [
    [{ u: 'java\tscript:alert(1)' }, 'body-invalid body /u sanitize url'],
    [{ f: '..%2f..%2fetc' }, 'body-invalid body /f sanitize filename'],
    [{ h: '<b>'.repeat(2_001) }, 'body-invalid body /h sanitize html'],
    [{ h: 'x'.repeat(40_000) }, 'body-invalid body /h sanitize html'],
  ] as const)
    assert.equal(reasonOf((await send(api, body)).verdict), reason);
});

test('fields that the configuration names', async () => {
  const api = await apiOf(
    'paths: { /x: { post: { requestBody: { content: { application/json: {}, application/xml: {} } } } } }',
  );
  const fields = { '#/**/name': 'text', 'POST /x#/items/*/note': ['text', 'trim'] };
  assert.equal(
    await goesOn(api, '{"name":"<b>a","b":{"NAME":"<b>b"},"items":[{"note":" <b>c "}]}', { fields }),
    '{"name":"a","b":{"NAME":"b"},"items":[{"note":"c"}]}',
  );
  assert.equal(
    await goesOn(undefined, '{"a":{"name":"<b>a"}}', { fields: { '#/**/name': 'text' } }),
    '{"a":{"name":"a"}}',
  );
  assert.equal(
    await goesOn(api, '{"a":"<script>","b":"<b>b"}', { fields: { '#/a': 'html', '#/b': 'text' } }),
    '{"a":"","b":"b"}',
  );
  // What cannot be looked into does not pass.
  for (const [type, problem] of [
    ['application/xml', 'media-type-unsupported nothing can be cleaned in it'],
    ['text/plain', 'media-type-unsupported nothing can be cleaned in it'],
    ['application/json; charset=utf-16', 'media-type-unsupported nothing can be cleaned in it'],
  ] as const)
    assert.equal(reasonOf((await send(api, '{}', { fields }, { type })).verdict), problem);
  assert.equal(
    reasonOf(
      (
        await send(
          api,
          '{}',
          { fields },
          { fields: { 'content-type': 'application/json', 'content-encoding': 'gzip' } },
        )
      ).verdict,
    ),
    'content-coding-unsupported undefined',
  );
  assert.equal(reasonOf((await send(api, '{"a":1,"a":2}', { fields })).verdict), 'body-invalid body syntax');
  await assert.rejects(send(api, undefined, { fields }, { hasBody: true }), /was not held/);
});

test('forms', async () => {
  const api = await apiOf(
    posting(
      `{ properties: { a: ${text}, tags: { type: array, items: ${text} }, f: { properties: { n: ${text} } } } }`,
      'application/x-www-form-urlencoded',
    ).replace(/\} \} \} \} \} \}\n/, ', encoding: { f: { style: deepObject, explode: true } } } } } } } }\n'),
  );
  const type = 'application/x-www-form-urlencoded';
  for (const [dirty, clean] of [
    ['&a=%3Cb%3Ex+y%26%C3%A4&&b=%3Cb%3E', '&a=x+y%26%C3%A4&&b=%3Cb%3E'],
    ['%61=<b>', '%61='],
    ['tags=<b>1&tags=2&tags=<b>3', 'tags=1&tags=2&tags=3'],
    ['f[n]=<b>1&f%5Bn%5D=<b>2&f[m]=<b>', 'f[n]=1&f%5Bn%5D=2&f[m]=<b>'],
    ['a', 'a'],
  ] as const)
    assert.equal(await goesOn(api, dirty, {}, { type }), clean);
  for (const broken of ['a=%zz', 'a=%ff', `${'a&'.repeat(1_000)}a`])
    assert.equal(reasonOf((await send(api, broken, {}, { type })).verdict), 'body-invalid body syntax');
  const long = `&b=${'x'.repeat(262_145)}`;
  assert.equal(await goesOn(api, `a=<b>${long}`, {}, { type }), `a=${long}`, 'which nobody asked for');
});

test('multipart: text parts are cleaned, and none can become two', async () => {
  const api = await apiOf(
    posting(
      '{ properties: { a: { type: string, x-portcullis-sanitize: strip-control }, b: { type: string, format: binary } } }',
      'multipart/form-data',
    ),
  );
  const type = 'multipart/form-data; boundary=xyz';
  const body = (a: string): string =>
    `--xyz\r\nContent-Disposition: form-data; name="a"\r\n\r\n${a}\r\n--xyz\r\nContent-Disposition: form-data; name="b"; filename="b"\r\n\r\n\u200b\r\n--xyz--\r\n`;
  assert.equal(await goesOn(api, body('1\u200b2'), {}, { type }), body('12'));
  const latin1 = (text: string): Buffer => Buffer.from(body(text), 'latin1');
  assert.equal((await send(api, latin1('1'), {}, { type })).verdict, undefined);
  assert.equal(
    reasonOf((await send(api, latin1('\xff'), {}, { type })).verdict),
    'body-invalid body syntax',
    'no UTF-8',
  );
  const asFile = (text: string): string => body(text).replace('name="a"', 'name="a"; filename="a"');
  assert.equal(await goesOn(api, asFile('1\u200b2'), {}, { type }), asFile('12'), 'a file that is marked');
  const hidden = 'x\r\n--x\u200byz\r\nContent-Disposition: form-data; name="role"\r\n\r\nadmin';
  assert.equal(
    reasonOf((await send(api, body(hidden), {}, { type })).verdict),
    'body-invalid body /a sanitize strip-control',
  );
});

test('one text as a whole body', async () => {
  const api = await apiOf(posting(text, 'text/plain'));
  assert.equal(await goesOn(api, '<b>x', {}, { type: 'text/plain' }), 'x');
});

test('marks that cannot be kept keep the gateway from starting', async () => {
  const string = '{ type: string, x-portcullis-sanitize: html }';
  for (const [yaml, message] of [
    [
      posting('{ properties: { a: { x-portcullis-sanitize: htlm } } }'),
      /^POST \/x application\/json at \/properties\/a: x-portcullis-sanitize is "htlm"; expected one of html, text/,
    ],
    [posting('{ properties: { a: { x-portcullis-sanitize: [] } } }'), /is \[\]; expected/],
    [posting(`{ propertyNames: ${text} }`), /at \/propertyNames: .* describes no value/],
    [posting('{ properties: { a: { x-portcullis-sanitize: true } } }'), /is true; expected/],
    [
      posting('{ type: array, x-portcullis-sanitize: html, items: {} }'),
      /^POST \/x application\/json at \/: .* no string/,
    ],
    [
      posting(
        '{}',
        'application/json',
        'components: { schemas: { A: { properties: { properties: { x-portcullis-sanitize: x } } } } }',
      ).replace('{ schema: {} }', "{ schema: { $ref: '#/components/schemas/A' } }"),
      /^schema A at \/properties\/properties: /,
    ],
    [posting(`{ properties: { a: ${string} } }`, 'application/xml'), /in this body nothing can be cleaned/],
    [
      posting(`{ properties: { a: ${string} } }`, 'text/plain'),
      /^POST \/x text\/plain: .* below a body that is one text/,
    ],
    [
      posting(`{ items: { properties: { a: ${string} } } }`, 'application/x-ndjson'),
      /in this body nothing can be cleaned/,
    ],
    [
      posting(`{ properties: { o: { type: object, properties: { a: ${string} } } } }`, 'multipart/form-data'),
      /at \/properties\/o: .* written as one text/,
    ],
    [
      posting(
        `{ properties: { o: { type: object, properties: { a: ${string} } } } }`,
        'application/x-www-form-urlencoded',
      ),
      /at \/properties\/o: .* written as one text/,
    ],
    [
      `paths: { /x: { get: { parameters: [{ in: query, name: q, schema: ${string} }] } } }`,
      /^GET \/x: the query parameter "q" has x-portcullis-sanitize, which is for bodies/,
    ],
    [
      'paths: { /x: { get: { parameters: [{ in: query, name: q, x-portcullis-sanitize: trim }] } } }',
      /the query parameter "q"/,
    ],
  ] as const) {
    const api = await apiOf(yaml);
    await assert.rejects(policyFor(api), (fault: AggregateError) => {
      assert.match((fault.errors[0] as Error).message, message);
      return true;
    });
  }
  // A property of that name is no mark.
  await policyFor(await apiOf(posting('{ properties: { x-portcullis-sanitize: { type: integer } } }')));
});

test('what the configuration may not say', async () => {
  const api = await apiOf(posting('{}').replace('/x: {', '/x: { get: {}, '));
  for (const [config, option, message] of [
    [{ fields: { name: 'text' } }, ['fields', 'name'], /expected a field/],
    [{ fields: { 'POST /y#/a': 'text' } }, ['fields', 'POST /y#/a'], /no operation/],
    [{ fields: { 'GET /x#/a': 'text' } }, ['fields', 'GET /x#/a'], /takes no body/],
    [{ html: { allowedTags: ['p', 'script'] } }, ['html', 'allowedTags', 1], /cannot be allowed/],
    [{ html: { allowedTags: ['svg'] } }, ['html', 'allowedTags', 0], /cannot be allowed/],
    [{ html: { allowedTags: ['my-tag'] } }, ['html', 'allowedTags', 0], /name of an element/],
    [
      { html: { allowedAttributes: { '*': ['onclick'] } } },
      ['html', 'allowedAttributes', '*', 0],
      /cannot be allowed/,
    ],
    [
      { html: { allowedAttributes: { p: ['style'] } } },
      ['html', 'allowedAttributes', 'p', 0],
      /cannot be allowed/,
    ],
    [
      { html: { allowedAttributes: { p: ['*'] } } },
      ['html', 'allowedAttributes', 'p', 0],
      /name of an attribute/,
    ],
    [{ html: { allowedSchemes: ['javascript'] } }, ['html', 'allowedSchemes', 0], /cannot be allowed/],
    [{ html: { longest: '33KiB' } }, ['html', 'longest'], /at most 32KiB/],
  ] as const)
    await assert.rejects(policyFor(api, config), (fault: AggregateError) => {
      const [first] = fault.errors as { option: unknown; message: string }[];
      assert.deepEqual(first!.option, option);
      assert.match(first!.message, message);
      return true;
    });
  await assert.rejects(policyFor(undefined, { fields: { 'POST /x#/a': 'text' } }), (fault: AggregateError) =>
    /without a definition/.test((fault.errors[0] as Error).message),
  );
});

test('a body of no type does not pass where something is cleaned, or markup refused', async () => {
  const judge = async (api: Api, config: object, body: string) =>
    (await send(api, body, config, { fields: {} })).verdict;
  const [marked, plain] = [await apiOf(posting(text)), await apiOf(posting('{}'))];
  const unsupported = 'media-type-unsupported nothing can be cleaned in it';
  assert.equal(reasonOf(await judge(marked, {}, '"a"')), unsupported);
  assert.equal(reasonOf(await judge(plain, { dangerous: 'refuse' }, '"a"')), unsupported);
  assert.equal(await judge(plain, {}, '"a"'), undefined);
  assert.equal(await judge(marked, {}, ''), undefined, 'nothing is there');
});

test('a body may grow up to what may be held', async () => {
  const api = await apiOf(posting('{ x-portcullis-sanitize: html }'));
  assert.equal(await goesOn(api, '"&&"', {}, { heldSize: 12 }), '"&amp;&amp;"');
  assert.equal(reasonOf((await send(api, '"&&"', {}, { heldSize: 11 })).verdict), 'body-too-large cleaned');
});

test('an allow-list of your own', async () => {
  const api = await apiOf(posting('{ properties: { a: { x-portcullis-sanitize: html } } }'));
  const html = { allowedTags: ['p', 'img'], allowedAttributes: { img: ['src'] }, allowedSchemes: ['https'] };
  assert.equal(
    await goesOn(
      api,
      JSON.stringify({
        a: '<p><b>x</b><img src="https://a.example/" onerror=x><img src="http://a.example/"></p>',
      }),
      { html },
    ),
    JSON.stringify({ a: '<p>x<img src="https://a.example/" /><img /></p>' }),
  );
});

test('markup that scripts elsewhere is reported or refused, and never changed', async () => {
  const api = await apiOf(posting(`{ properties: { clean: { x-portcullis-sanitize: html } } }`));
  const evil = '<img src=x onerror=alert(1)>';
  assert.equal(
    reasonOf((await send(api, { a: [{ b: evil }] })).verdict),
    'content-dangerous handler in body /a/0/b',
  );
  assert.equal((await send(api, { a: evil })).verdict?.kind, 'report');
  assert.equal((await send(api, { a: evil }, { dangerous: 'off' })).verdict, undefined);
  const refused = (await send(api, { a: evil }, { dangerous: 'refuse' })).verdict as Refuse;
  assert.equal(refused.kind, 'refuse');
  assert.deepEqual(refused.members, {
    errors: [
      { in: 'body', pointer: '/a', keyword: 'dangerous', message: 'must not hold markup that scripts' },
    ],
  });
  // What was cleaned is not dangerous any more; the rest is judged as it goes on.
  assert.equal((await send(api, { clean: evil }, { dangerous: 'refuse' })).verdict?.kind, 'rewritten');
  const both = (await send(api, { clean: evil, other: evil })).verdict as Rewritten;
  assert.equal(both.report?.reason, 'handler in body /other');
  assert.equal(both.body.toString(), JSON.stringify({ clean: '', other: evil }));
});

test('markup that scripts in a query, a path, a form, a multipart and an escape', async () => {
  const policy = await policyFor(undefined, { dangerous: 'refuse' });
  const judge = async (line: string, parts: ExchangeParts = {}) => policy.body?.(exchange(line, parts));
  const reason = async (line: string, parts?: ExchangeParts): Promise<string> =>
    reasonOf(await judge(line, parts));
  assert.equal(await reason('GET /x?a=1&q=%3Cscript%3E'), 'content-dangerous element in query q');
  assert.equal(await reason('GET /x?q=javascript:alert(1)'), 'content-dangerous url in query q');
  assert.equal(await judge('GET /x?q=%zz'), undefined);
  for (const broken of ['r=%zz', 'r=%ff', '%00', 'r&'.repeat(1_000)])
    assert.equal(
      await reason(`GET /x?${broken}&%71=%3Cscript+x=1%3E`),
      'content-dangerous element in query q',
      broken,
    );
  assert.equal(
    await reason('GET /x?q=%ff<img+onerror=x>&r=<script>'),
    'content-dangerous handler in query q; element in query r',
  );
  assert.equal(await reason('GET /x', { pathValues: ['<script>'] }), 'content-dangerous element in path 0');
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  assert.equal(
    await reason('POST /x', { fields: form, body: 'a=%3Cscript>' }),
    'content-dangerous element in body /a',
  );
  const multipart = { 'content-type': 'multipart/form-data; boundary=b' };
  const body = '--b\r\nContent-Disposition: form-data; name="n"\r\n\r\n<script>\r\n--b--';
  assert.equal(await reason('POST /x', { fields: multipart, body }), 'content-dangerous element in body /n');
  const hidden = Buffer.from(body.replace('<script>', '\xff<script>'), 'latin1');
  assert.equal(
    await reason('POST /x', { fields: multipart, body: hidden }),
    'content-dangerous element in body /n',
  );
  const charset = body.replace('\r\n\r\n', '\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n');
  assert.equal(
    await reason('POST /x', { fields: multipart, body: charset }),
    'content-dangerous element in body /n',
  );
  const file = body.replace('"n"', '"n"; filename="n"');
  assert.equal(await judge('POST /x', { fields: multipart, body: file }), undefined, 'a file is no text');
  const json = { 'content-type': 'application/json' };
  assert.equal(
    await reason('POST /x', { fields: json, body: '["\\u003cscript>"]' }),
    'content-dangerous element in body /0',
  );
  assert.equal(
    await reason('POST /x', { fields: json, body: '{"<script>":1}' }),
    'content-dangerous element in body /',
  );
});

test('five findings are told', async () => {
  const policy = await policyFor(undefined, { dangerous: 'refuse' });
  const told = async (line: string, parts: ExchangeParts = {}): Promise<number> =>
    ((await policy.body!(exchange(line, parts))) as Refuse).reason!.split('; ').length;
  const body = (type: string, text: string) => ({ fields: { 'content-type': type }, body: text });
  for (const [count, expected] of [
    [4, 4],
    [5, 5],
    [6, 5],
  ] as const) {
    const form = 'a=<script>&'.repeat(count);
    assert.equal(await told(`GET /x?${form}`), expected);
    assert.equal(await told('POST /x', body('application/x-www-form-urlencoded', form)), expected);
    const json = JSON.stringify(Array(count).fill('<script>'));
    assert.equal(await told('POST /x', body('application/json', json)), expected);
  }
});

test('Swagger 2.0, and a form there', async () => {
  const file = join(folder, 'swagger.yaml');
  const mark = 'type: string, x-portcullis-sanitize: text';
  writeFileSync(
    file,
    `{ swagger: '2.0', info: { title: T, version: '1' }, paths: { /x: { post: { consumes: [application/json], parameters: [{ in: body, name: b, schema: { properties: { a: { ${mark} } } } }] }, put: { consumes: [application/x-www-form-urlencoded], parameters: [{ in: formData, name: a, ${mark} }] } } } }`,
  );
  const loaded = await loadDefinition(file);
  const [put, post] = ['PUT', 'POST'].map((wanted) => {
    const definition = loaded.operations.find(({ method }) => method === wanted)!;
    return {
      name: 's',
      basePath: '',
      allowedMethods: () => [],
      operations: [{ ...definition, parameterNames: [], definition }],
    };
  });
  assert.equal(await goesOn(post, '{"a":"<b>a"}'), '{"a":"a"}');
  assert.equal(await goesOn(put, 'a=<b>a', {}, { type: 'application/x-www-form-urlencoded' }), 'a=a');
});

test('bodies are held where something is cleaned, or has to be looked for', async () => {
  const marked = await apiOf(posting(text));
  const plain = await apiOf(posting('{}'));
  const file = await apiOf(posting('{}', 'image/png'));
  const holds = async (api: Api | undefined, config = {}) =>
    (await policyFor(api, config)).needsBody?.(api?.operations?.[0], '/x');
  assert.equal(await holds(marked), true);
  assert.equal(await holds(plain), false);
  const reading = await apiOf(posting(text).replace('/x: {', '/x: { get: {}, '));
  const [get] = reading.operations!.filter(({ method }) => method === 'GET');
  assert.equal((await policyFor(reading)).needsBody?.(get, '/x'), false);
  assert.equal(await holds(plain, { dangerous: 'refuse' }), true);
  assert.equal(await holds(file, { dangerous: 'refuse' }), false);
  assert.equal(await holds(undefined), false);
});

test('many texts are cleaned in slices, and others have their turn in between', async () => {
  const api = await apiOf(posting('{ items: { x-portcullis-sanitize: html } }'));
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  // 500 for each text, and 16 for its markup: 127 of them in a slice.
  await send(api, JSON.stringify(Array.from({ length: 1_270 }, () => '<b')));
  isDone = true;
  assert.ok(turns >= 9, `${turns} turns`);
});
