import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { usualLimits } from '../http/json-limits.ts';
import type { ReadableBody } from './bodies.ts';
import type { BodyOptions } from './body-judge.ts';
import { loadDefinition } from './load.ts';
import { Validator } from './validator.ts';

const folder = mkdtempSync(join(tmpdir(), 'bodies-'));
const file = join(folder, 'shop.yaml');
writeFileSync(
  file,
  `
openapi: 3.1.0
info: { title: Shop, version: 1 }
paths:
  /any:
    post:
      requestBody:
        content:
          application/json: { schema: { $ref: '#/components/schemas/Order' } }
          application/x-ndjson: { schema: { type: array, items: { $ref: '#/components/schemas/Line' } } }
          application/jsonl: { itemSchema: { type: integer } }
          application/json-seq: { schema: { $ref: '#/components/schemas/Line' } }
          text/plain: { schema: { type: string, maxLength: 5 } }
          image/png: { schema: { type: string, format: binary, maxLength: 60 } }
          application/pdf: {}
          application/xml: { schema: { $ref: '#/components/schemas/XmlOrder' } }
          application/x-www-form-urlencoded:
            schema: { $ref: '#/components/schemas/Form' }
            encoding:
              csv: { style: form, explode: false }
              deep: { style: deepObject }
          multipart/form-data:
            schema: { $ref: '#/components/schemas/Upload' }
            encoding:
              picture: { contentType: 'image/png, image/gif', headers: { X-Count: { required: true, schema: { type: integer } } } }
              any: { contentType: 'image/*' }
  /slow:
    post:
      requestBody: { content: { application/x-ndjson: { schema: { type: string, pattern: '^(([a-z]+){1,20}1|[a-z]+)$' } } } }
  /free:
    post:
      requestBody:
        content:
          multipart/form-data: { schema: { type: object, properties: { a: { type: string } } } }
  /map:
    post:
      requestBody:
        content:
          application/x-www-form-urlencoded: { schema: { type: object, additionalProperties: { type: integer } } }
          multipart/form-data: { schema: { type: object, additionalProperties: { type: integer } } }
          application/xml: { schema: { type: object } }
          text/xml: { schema: { type: object, additionalProperties: { $ref: '#/components/schemas/XmlLine' } } }
components:
  schemas:
    Line: { type: object, required: [sku], properties: { sku: { type: string }, count: { type: integer } } }
    Order: { type: object, minProperties: 1, properties: { lines: { type: array, items: { $ref: '#/components/schemas/Line' } }, note: {} } }
    Form:
      type: object
      required: [name]
      properties:
        name: { type: string }
        age: { type: integer }
        tags: { type: array, maxItems: 2, items: { type: string } }
        csv: { type: array, items: { type: integer } }
        line: { $ref: '#/components/schemas/Line' }
        deep: { type: object, properties: { x: { type: integer } } }
        either: { oneOf: [{ type: integer }, { type: string, pattern: '^a' }] }
    Upload:
      type: object
      required: [title]
      properties:
        title: { type: string, maxLength: 5 }
        count: { type: integer }
        line: { $ref: '#/components/schemas/Line' }
        file: { type: string, format: binary, maxLength: 4 }
        files: { type: array, maxItems: 2, items: { type: string, format: binary } }
        tags: { type: array, items: { type: string } }
        picture: { contentMediaType: image/png }
        any: { type: string, format: binary }
        doc: { type: string, contentMediaType: application/pdf }
    XmlOrder:
      type: object
      required: [id]
      xml: { name: order, namespace: 'urn:shop' }
      properties:
        id: { type: integer, xml: { attribute: true } }
        note: { type: string, xml: { name: remark } }
        paid: { type: [boolean, 'null'] }
        lines: { type: array, xml: { wrapped: true }, items: { $ref: '#/components/schemas/XmlLine' } }
        tag: { type: array, items: { type: string, xml: { name: label } } }
    XmlLine:
      type: object
      xml: { name: line }
      properties: { sku: { type: string }, count: { type: integer, minimum: 1 }, sub: { $ref: '#/components/schemas/XmlLine' } }
`,
);
const { operations, shared, faults } = await loadDefinition(file);
rmSync(folder, { recursive: true });

const usual: BodyOptions = {
  maxErrors: 20,
  unknownFields: 'refuse',
  files: { maxFiles: 3, maxFileSize: 100, fileNames: 'strict' },
};

/** "ok", "rewritten" with the bytes, or the errors as pointer and keyword. */
async function judged(
  contentType: string,
  body: string | Buffer,
  options = usual,
  path = '/any',
  limits = usualLimits,
): Promise<string> {
  const validator = new Validator(shared, { ...options, unknownQueryParameters: 'refuse' });
  const operation = operations.find((each) => each.path === path)!;
  const rule = validator.bodyRule(operation, contentType) as ReadableBody;
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body);
  const judgement =
    rule.kind === 'binary'
      ? validator.judgeBinary(operation, rule, bytes, bytes.length)
      : await validator.judgeBody(operation, rule, bytes, limits);
  if (judgement === undefined) return 'ok';
  if ('body' in judgement) return `rewritten ${judgement.body.toString()}`;
  const [found, prefix] = 'errors' in judgement ? [judgement.errors, ''] : [judgement.ignored, 'ignored '];
  return prefix + found.map(({ pointer, keyword }) => `${pointer} ${keyword}`).join(', ');
}

test('the definition is enforced as it stands', () => assert.deepEqual(faults, []));

test('JSON: fields that are not defined', async () => {
  const body = '{"lines":[{"sku":"a","price":0}],"role":"admin"}';
  assert.equal(await judged('application/json', body), '/lines/0/price unknown, /role unknown');
  assert.equal(await judged('application/json', body, { ...usual, unknownFields: 'allow' }), 'ok');
  const ignore = { ...usual, unknownFields: 'ignore' } as const;
  assert.equal(
    await judged('application/json', body, ignore),
    'ignored /lines/0/price unknown, /role unknown',
  );
  assert.equal(
    await judged('application/json', '{"lines":[{"price":0}],"role":1}', ignore),
    '/lines/0 required',
  );
  assert.equal(
    await judged('application/json', body, { ...usual, unknownFields: 'strip' }),
    'rewritten {"lines":[{"sku":"a"}]}',
  );
  assert.equal(
    await judged('application/json', '{"lines":[{"price":0}]}'),
    '/lines/0 required, /lines/0/price unknown',
  );
  // What is left is judged again.
  assert.equal(
    await judged('application/json', '{"role":1}', { ...usual, unknownFields: 'strip' }),
    ' minProperties',
  );
});

test('lines of JSON', async () => {
  const vectors: [type: string, body: string, found: string][] = [
    ['application/x-ndjson', '{"sku":"a"}\n{"sku":"b"}\n', 'ok'],
    ['application/x-ndjson', '{"sku":"a"}\n{"sku":1}\n', '/1/sku type'],
    ['application/x-ndjson', '{"sku":"a"}\n{"sku":"a","role":1}', '/1/role unknown'],
    ['application/x-ndjson', '{"sku":"a"}\n{', '/1 syntax'],
    [
      'application/x-ndjson',
      '{"sku":1}\n{\n{}\n{"sku":"a"}\n{"sku":"a","role":1}',
      '/0/sku type, /1 syntax, /2 required, /4/role unknown',
    ],
    [
      'application/x-ndjson',
      '{}\n'.repeat(100),
      Array.from({ length: 20 }, (_, line) => `/${line} required`).join(', '),
    ],
    ['application/x-ndjson', '{"sku":"a"}\n\n{"sku":"a"}', '/1 syntax'],
    ['application/x-ndjson', '{"sku":"a",\n"count":1}', '/0/sku syntax, /1 syntax'],
    ['application/x-ndjson', '{"sku":"a","sku":"b"}', '/0/sku member-twice'],
    ['application/jsonl', '1\n2\n', 'ok'],
    ['application/jsonl', '1\n"2"\n', '/1 type'],
    ['application/jsonl', '1\n'.repeat(5_000), 'ok'],
    ['application/jsonl', '1\n'.repeat(100_001), '/100000 syntax'],
    ['application/json-seq', '\x1e{"sku":"a"}\n\x1e{"sku":"b"}\n', 'ok'],
    ['application/json-seq', '\x1e{"sku":"a"}\n\x1e{}\n', '/1 required'],
    ['application/json-seq', '{"sku":"a"}\n', '/0 syntax'],
  ];
  for (const [type, body, found] of vectors)
    assert.equal(await judged(type, body), found, `${type} ${body.slice(0, 40)}`);
  const strip = { ...usual, unknownFields: 'strip' } as const;
  assert.equal(
    await judged('application/x-ndjson', '{"sku":"a"}\r\n{"role":1,"sku":"b"}\n{"sku":"c","role":1}', strip),
    'rewritten {"sku":"a"}\r\n{"sku":"b"}\n{"sku":"c"}',
  );
  const ignore = { ...usual, unknownFields: 'ignore' } as const;
  assert.equal(
    await judged('application/x-ndjson', '{"sku":"a","x":1}\n{"sku":"b"}\n{"sku":"c","role":1}', ignore),
    'ignored /0/x unknown, /2/role unknown',
  );
});

test('text and bytes', async () => {
  const png = `\x89PNG\r\n\x1a\n\0\0\0\0IEND\xae\x42\x60\x82`;
  const vectors: [type: string, body: string, found: string][] = [
    ['text/plain', 'hello', 'ok'],
    ['text/plain', 'größe', 'ok'],
    ['text/plain', 'too long', ' maxLength'],
    ['image/png', png, 'ok'],
    ['image/png', png.padEnd(61), ' maxLength, contentType'],
    ['image/png', 'GIF89a;', ' contentType'],
    ['image/png', '<html>', ' contentType'],
    ['image/png', `${png}x`, ' contentType'],
    ['application/pdf', '%PDF-1.7', 'ok'],
    ['application/pdf', 'MZ', ' contentType'],
  ];
  for (const [type, body, found] of vectors) {
    const bytes = Buffer.from(body, type === 'text/plain' ? 'utf8' : 'latin1');
    assert.equal(await judged(type, bytes), found.replace(', c', ',  c'), `${type} ${body}`);
  }
});

test('forms', async () => {
  const form = 'application/x-www-form-urlencoded';
  const vectors: [body: string, found: string][] = [
    ['name=a', 'ok'],
    ['name=a&age=7&tags=x&tags=y&csv=1,2&deep%5Bx%5D=1', 'ok'],
    ['name=a&line=%7B%22sku%22%3A%22b%22%7D', 'ok'],
    ['', ' required'],
    ['age=7', ' required'],
    ['name=a&age=07', '/age type'],
    ['name=a&age=', '/age type'],
    ['name=a&name=b', '/name duplicate'],
    ['name=a&tags=x&tags=y&tags=z', '/tags maxItems'],
    ['name=a&csv=1,x', '/csv type'],
    ['name=a&role=admin', '/role unknown'],
    ['name=a&role=1&role=2', '/role unknown'],
    ['name=a&tags[]=x', '/tags[] unknown'],
    ['name=a&line=%7B', '/line syntax'],
    ['name=a&line=%7B%22sku%22%3A%22b%22,%22role%22:1%7D', '/line/role unknown'],
    ['name=a&deep%5By%5D=1', '/deep[y] unknown'],
    ['name=a&deep=1', '/deep type'],
    ['name=a&deep=evil&deep%5Bx%5D=1', '/deep duplicate'],
    ['name=a&deep%5Bx%5D=1&deep=evil', '/deep duplicate'],
    ['name=a&either=abc', 'ok'],
    ['name=a&either=bc', '/either oneOf'],
    ['name=%zz', ' syntax'],
    ['name=%00', ' syntax'],
    ['name=%ff', ' syntax'],
    ['name=a b', ' syntax'],
    ['name=a\r\n', ' syntax'],
    ['name=a&__proto__=1', '/__proto__ unknown'],
    [Array(1001).fill('name=a').join('&'), ' syntax'],
  ];
  for (const [body, found] of vectors) {
    const errors = await judged(form, body);
    assert.equal(
      found.endsWith('oneOf') || found.startsWith('/deep t')
        ? errors.includes(found.split(' ')[0]!)
        : errors === found,
      true,
      `${body.slice(0, 60)}: ${errors}`,
    );
  }
  assert.equal(await judged(form, 'name=a&role=admin', { ...usual, unknownFields: 'allow' }), 'ok');
  assert.equal(
    await judged(form, 'name=a&role=admin', { ...usual, unknownFields: 'ignore' }),
    'ignored /role unknown',
  );
  const strip = { ...usual, unknownFields: 'strip' } as const;
  assert.equal(await judged(form, 'r%6fle=x&name=a+b&&role[]=1', strip), 'rewritten name=a+b&');
  assert.equal(await judged(form, '=1&name=a', strip), 'rewritten name=a');
  // What is in JSON in a form stays where it is.
  const line = (json: string): string => `line=${new URLSearchParams([['', json]]).toString().slice(1)}`;
  assert.equal(
    await judged(form, `name=a&${line('{"sku":"ü & b","role":1}')}&age=1`, strip),
    `rewritten name=a&${line('{"sku":"ü & b"}')}&age=1`,
  );
  assert.equal(await judged(form, 'role=admin', strip), ' required');
  // Whatever becomes of what is not defined, it may stand there as often as somebody likes.
  for (const [unknownFields, expected] of [
    ['strip', 'rewritten name=a'],
    ['ignore', 'ignored /deep[y] unknown, /role unknown'],
    ['allow', 'ok'],
  ] as const)
    assert.equal(await judged(form, 'deep[y]=1&name=a&role=1&role=2', { ...usual, unknownFields }), expected);
  assert.equal(await judged(form, 'a=1&b=2', usual, '/map'), 'ok');
  assert.equal(await judged(form, 'a=1&b=x', usual, '/map'), '/b type');
  const flat = { ...usualLimits, depth: 1 };
  assert.equal(await judged(form, `name=a&${line('{"sku":{}}')}`, usual, '/any', flat), '/line depth');
});

test('lines that take many steps each leave others their turn', async () => {
  const line = JSON.stringify('a'.repeat(500));
  let turns = 0;
  let waiting = setImmediate(function next() {
    turns++;
    waiting = setImmediate(next);
  });
  assert.equal(await judged('application/x-ndjson', `${line}\n`.repeat(60), usual, '/slow'), 'ok');
  clearImmediate(waiting);
  assert.ok(turns >= 5, `${turns} turns`);
  // All together may take ten times what one document may.
  assert.equal(
    await judged('application/x-ndjson', `${line}\n`.repeat(1_500), usual, '/slow'),
    ' complexity',
  );
});

test('of a large body all is told that a refusal may list', async () => {
  const order = {
    lines: Array.from({ length: 2_000 }, (_, index) => ({ sku: index, count: 'x' })),
    role: 'admin',
  };
  const body = JSON.stringify(order);
  assert.ok(body.length > 32_768);
  const told = (await judged('application/json', body)).split(', ');
  assert.deepEqual(told.slice(0, 3), ['/lines/0/sku type', '/lines/0/count type', '/lines/1/sku type']);
  assert.equal(told.length, 20);
});

function parts(
  ...list: readonly (readonly [disposition: string, content: string, fields?: string])[]
): Buffer {
  const written = list.map(
    ([disposition, content, fields = '']) =>
      `--x\r\nContent-Disposition: form-data; name=${disposition}\r\n${fields && `${fields}\r\n`}\r\n${content}\r\n`,
  );
  return Buffer.from(`${written.join('')}--x--\r\n`, 'latin1');
}

test('multipart', async () => {
  const title = ['title', 'a'] as const;
  const type = (text: string): string => `Content-Type: ${text}`;
  const gif = 'GIF89a;';
  const counted = `${type('image/gif')}\r\nX-Count: 1`;
  const vectors: [body: Buffer, found: string][] = [
    [parts(title), 'ok'],
    [parts(title, ['count', '7'], ['tags', 'x'], ['tags', 'y'], ['file; filename="f.bin"', '\0\x01']), 'ok'],
    [parts(['count', '7']), ' required'],
    [parts(['title', 'too long']), '/title maxLength'],
    [parts(title, title), '/title duplicate'],
    [parts(title, ['count', '7.0']), '/count type'],
    [parts(title, ['role', 'admin']), '/role unknown'],
    [parts(title, ['line', '{"sku":"a"}', type('application/json')]), 'ok'],
    [parts(title, ['line', '{"sku":"a"}']), 'ok'],
    [parts(title, ['line', '{"sku":"a"}', type('text/html')]), '/line contentType'],
    [parts(title, ['line', '{"sku":"a","role":1}']), '/line/role unknown'],
    [parts(title, ['line', '{"sku":"a","sku":"b"}']), '/line member-twice'],
    [parts(['title', '\xff']), '/title charset'],
    [parts(['title', 'a', type('text/plain; charset=utf-16')]), '/title charset'],
    [parts(['title', 'a', type('text/plain; charset=UTF-8')]), 'ok'],
    [parts(['title', 'a', type('text/html')]), '/title contentType'],
    // A server may take it for a file, and a missing title.
    [parts(['title; filename="a.txt"', 'a']), '/title file'],
    [parts(title, ['file; filename="f.bin"', '12345']), '/file maxLength'],
    [parts(title, ['file; filename="f"', 'a'], ['file; filename="g"', 'b']), '/file duplicate'],
    [parts(title, ['files; filename="f"', 'a'], ['files; filename="g"', 'b']), 'ok'],
    [parts(title, ...Array(3).fill(['files; filename="f"', 'a'])), '/files maxItems'],
    [parts(title, ...Array(4).fill(['files; filename="f"', 'a'])), ' maxFiles'],
    [parts(title, ['files; filename="f"', 'a'.repeat(101)]), '/files maxFileSize'],
    [parts(title, ['file; filename="../f"', 'a']), '/file fileName'],
    [parts(title, ['file; filename="f.php"', 'a']), '/file fileName'],
    [parts(title, ['file; filename=""', '', type('application/octet-stream')]), 'ok'],
    [parts(title, ['file; filename="f.png"', 'a', type('image/png')]), '/file contentType'],
    [parts(title, ['picture; filename="p.gif"', gif, counted]), 'ok'],
    [parts(title, ['picture; filename="p.gif"', gif, type('image/gif')]), '/picture header'],
    [
      parts(title, ['picture; filename="p.gif"', gif, `${type('image/gif')}\r\nX-Count: x`]),
      '/picture header',
    ],
    [parts(title, ['picture; filename="p.gif"', gif, 'X-Count: 1']), 'ok'],
    [parts(title, ['picture; filename="p.gif"', '<html>', 'X-Count: 1']), '/picture contentType'],
    [parts(title, ['picture; filename="p.gif"', '<html>', counted]), '/picture contentType'],
    [
      parts(title, ['picture; filename="p.gif"', gif, `${type('image/png')}\r\nX-Count: 1`]),
      '/picture contentType',
    ],
    [
      parts(title, ['picture; filename="p.gif"', gif, `${type('image/webp')}\r\nX-Count: 1`]),
      '/picture contentType',
    ],
    [parts(title, ['any; filename="p.gif"', gif, type('image/gif')]), 'ok'],
    [parts(title, ['any; filename="p.gif"', gif]), 'ok'],
    [parts(title, ['any; filename="p.png"', '<svg/>', type('image/svg+xml')]), '/any contentType'],
    [parts(title, ['any; filename="p"', 'text']), '/any contentType'],
    [parts(title, ['doc; filename="d.pdf"', '%PDF-1.7', type('application/pdf')]), 'ok'],
    [parts(title, ['doc; filename="d.pdf"', 'MZ', type('application/pdf')]), '/doc contentType'],
    [parts(title, ['doc; filename="d.pdf"', 'MZ', type('application/octet-stream')]), '/doc contentType'],
    [Buffer.from('--x\r\n'), ' syntax'],
  ];
  for (const [body, found] of vectors)
    assert.equal(await judged('multipart/form-data; boundary=x', body), found, body.toString('latin1'));
  assert.equal(await judged('multipart/form-data', parts(title)), ' syntax');
  const lax = { ...usual, files: { ...usual.files, fileNames: 'any' as const } };
  assert.equal(
    await judged('multipart/form-data; boundary=x', parts(title, ['file; filename="../f.php"', 'a']), lax),
    'ok',
  );
  const map = (body: Buffer) => judged('multipart/form-data; boundary=x', body, usual, '/map');
  assert.equal(await map(parts(['a', '1'], ['b', '2'])), 'ok');
  assert.equal(await map(parts(['a', '1'], ['b', 'x'])), '/b type');
  const nested = parts(title, ['line', '{"sku":{}}']);
  const flat = { ...usualLimits, depth: 1 };
  assert.equal(await judged('multipart/form-data; boundary=x', nested, usual, '/any', flat), '/line depth');
});

test('XML', async () => {
  const order = (inner: string, attributes = 'id="7"'): string =>
    `<order xmlns="urn:shop" ${attributes}>${inner}</order>`;
  const vectors: [body: string, found: string][] = [
    [order(''), 'ok'],
    [
      order(
        '<remark>a</remark><paid>true</paid><lines><line><sku>a</sku><count>2</count></line></lines><label>x</label><label>y</label>',
      ),
      'ok',
    ],
    ['<s:order xmlns:s="urn:shop" id="7"><remark>a</remark></s:order>', 'ok'],
    [order('<lines/>'), 'ok'],
    [order('<paid xsi:nil="true"/>', 'id="7" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'), 'ok'],
    [
      order('<label xsi:nil="true"/>', 'id="7" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'),
      '/tag/0 type',
    ],
    ['<order id="7"/>', ' xml'],
    ['<other xmlns="urn:shop" id="7"/>', ' xml'],
    [order('', ''), ' required'],
    [order('', 'id="07"'), '/id type'],
    [order('', 'id=" 7"'), '/id type'],
    [order('<id>7</id>', ''), ' required, /id unknown'],
    [order('', 'id="7" note="a"'), '/note unknown'],
    // Its name in XML is another: a service that takes it would take what nobody checked.
    [order('<note>a</note>'), '/note unknown'],
    [order('<role>admin</role>'), '/role unknown'],
    [order('', 'id="7" role="admin"'), '/role unknown'],
    [order('<remark>a</remark><remark>b</remark>'), '/note duplicate'],
    [order('<remark><b>a</b></remark>'), '/note type'],
    [order('<remark lang="de">a</remark>'), '/note/lang unknown'],
    [order('<remark xmlns="urn:other">a</remark>'), '/remark unknown'],
    [order('text'), ' type'],
    [order('<paid>yes</paid>'), '/paid type'],
    [order('<lines><line><count>0</count></line></lines>'), '/lines/0/count minimum'],
    [order('<lines><other/></lines>'), '/lines/0 xml'],
    [order('<lines/><lines/>'), '/lines duplicate'],
    // The schema that a property refers to says what its element is called.
    [order('<lines><line><line><line><role/></line></line></line></lines>'), '/lines/0/sub/sub/role unknown'],
    ['<!DOCTYPE order><order/>', ' syntax'],
    ['<order>', ' syntax'],
  ];
  for (const [body, found] of vectors) assert.equal(await judged('application/xml', body), found, body);
  const strip = { ...usual, unknownFields: 'strip' } as const;
  for (const [body, left] of [
    [order('<role>admin</role><remark>a</remark>'), order('<remark>a</remark>')],
    [order('', 'role="admin" id="7"'), '<order xmlns="urn:shop" id="7"></order>'],
    [order('<remark lang="de">ü</remark><note>b</note>'), order('<remark>ü</remark>')],
    [order('<x:remark xmlns:x="urn:other">a</x:remark><a/><a/><!-- b -->'), order('<!-- b -->')],
    [
      order('<lines><line><sku>a</sku><price>0</price></line><line a="1"/></lines>'),
      order('<lines><line><sku>a</sku></line><line/></lines>'),
    ],
    [`\ufeff${order('<a/>')}`, order('')],
  ] as const)
    assert.equal(await judged('application/xml', body, strip), `rewritten ${left}`, body);
  assert.equal(await judged('application/xml', order('<role/>', ''), strip), ' required');
  const ignore = { ...usual, unknownFields: 'ignore' } as const;
  const several = order('<role/><role/><remark lang="de">a</remark>');
  assert.equal(
    await judged('application/xml', several, ignore),
    'ignored /role unknown, /role unknown, /note/lang unknown',
  );
  assert.equal(await judged('application/xml', several, { ...usual, unknownFields: 'allow' }), 'ok');
  // Whoever does not look at namespaces takes it for the one that is defined.
  const other = order('<remark xmlns="urn:other">a</remark>');
  for (const unknownFields of ['ignore', 'allow'] as const)
    assert.equal(await judged('application/xml', other, { ...usual, unknownFields }), '/remark unknown');
  assert.equal(await judged('application/xml', '<a><b>1</b><c d="1"/></a>', usual, '/map'), 'ok');
  const map = (body: string) => judged('text/xml', body, usual, '/map');
  assert.equal(await map('<a><x><sku>a</sku></x><y><count>2</count></y></a>'), 'ok');
  assert.equal(await map('<a><x><count>0</count></x></a>'), '/x/count minimum');
  assert.equal(await map('<a><x><role/></x></a>'), '/x/role unknown');
  assert.equal(await map('<a x="1"/>'), '/x type');
});

test('parts of a multipart are stripped, ignored or let through', async () => {
  const title = ['title', 'a'] as const;
  const line = (json: string) => ['line', json, 'Content-Type: application/json'] as const;
  const type = 'multipart/form-data; boundary=x';
  const strip = { ...usual, unknownFields: 'strip' } as const;
  for (const [sent, left] of [
    [parts(title, ['role', 'admin']), parts(title)],
    [parts(['role', 'admin'], title, ['role', 'root']), parts(title)],
    [parts(['more; filename="a.txt"', 'b'], title), parts(title)],
    [
      parts(title, line('{"role":1, "sku":"a"}'), ['tags', 'b']),
      parts(title, line('{"sku":"a"}'), ['tags', 'b']),
    ],
  ] as const)
    assert.equal(await judged(type, sent, strip), `rewritten ${left.toString()}`);
  // What would be refused as a file is so although it would be taken out.
  assert.equal(await judged(type, parts(title, ['more; filename="a.php"', 'b']), strip), '/more fileName');
  const twice = parts(title, ['role', 'admin'], ['role', 'root']);
  assert.equal(await judged(type, twice), '/role unknown');
  assert.equal(await judged(type, twice, { ...usual, unknownFields: 'ignore' }), 'ignored /role unknown');
  assert.equal(await judged(type, twice, { ...usual, unknownFields: 'allow' }), 'ok');
  // A multipart has one part at least.
  assert.equal(await judged(type, parts(['role', 'admin']), strip, '/free'), '/role unknown');
});

test('errors are listed up to a number', async () => {
  const body = parts(...Array.from({ length: 30 }, (_, i) => [`f${i}`, 'a'] as const), ['title', 'a']);
  assert.equal((await judged('multipart/form-data; boundary=x', body)).split(',').length, 20);
});
