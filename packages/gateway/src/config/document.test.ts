import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { readDocument } from './document.ts';
import { formatFaults } from './fault-text.ts';
import { secret } from './secret.ts';

/** Faults as text, or the value as JSON. `#{` stands for a dollar sign and a bracket. */
function read(schema: z.ZodType, text: string, env: Record<string, string | undefined> = {}): string {
  const outcome = readDocument(text.replaceAll('#{', '$' + '{'), 'p.yaml', schema, { env });
  const written = outcome.ok ? JSON.stringify(outcome.value) : formatFaults(outcome.faults);
  return written.replaceAll('$' + '{', '#{').replaceAll('p.yaml:', '');
}

const any = z.unknown();

test('YAML 1.2 core', () => {
  const vectors: [yaml: string, result: string][] = [
    ['a: 1\nb: [yes, on, 0o17, 1_000, ~, "2", 1.5]', '{"a":1,"b":["yes","on",15,"1_000",null,"2",1.5]}'],
    ['a: &x {n: 1}\nb: *x', '{"a":{"n":1},"b":{"n":1}}'],
    ['a: &x 1\nb: *x\nc: &x 2\nd: *x', '{"a":1,"b":1,"c":2,"d":2}'],
    ['8080: a\ntrue: b', '{"8080":"a","true":"b"}'],
    ['a: |\n  x\n  y\n', '{"a":"x\\ny\\n"}'],
    ['\uFEFFa: 1\r\nb: 2\r\n', '{"a":1,"b":2}'],
    ['%YAML 1.1\n---\na: yes', '{"a":"yes"}'],
    ['a: !!str 8', '{"a":"8"}'],
    ['constructor: 1\ntoString: 2', '{"constructor":1,"toString":2}'],
    ['', 'null'],
  ];
  for (const [yaml, result] of vectors) assert.equal(read(any, yaml), result, yaml);
});

test('faults of the YAML', () => {
  const vectors: [yaml: string, ...faults: string[]][] = [
    [
      'a: 1\nb:\n  c: 1\n  c: 2\na: 3',
      '4:3  b.c  the key is there twice; leave one of them',
      '5:1  a  the key is there twice; leave one of them',
    ],
    ['"a": 1\na: 2', '2:1  a  the key is there twice; leave one of them'],
    ['a:\n\tb: 1', '2:1  not valid YAML: a tab cannot indent in YAML; use spaces'],
    [
      'a: b: c',
      '1:4  not valid YAML: a second "key:" on one line; put it on a line of its own, or put the text in quotes',
    ],
    [
      'a: @x\nb: `y',
      '1:4  not valid YAML: a text cannot start with this character; put it in quotes',
      '2:4  not valid YAML: a text cannot start with this character; put it in quotes',
    ],
    ['a: "x', '1:6  not valid YAML: a closing quote, bracket, comma or space is missing'],
    [
      'a: "\\q"',
      '1:5  not valid YAML: unknown escape in a text in double quotes; write \\\\ for a backslash, or use single quotes',
    ],
    [
      'a: 1\n---\nb: 2',
      '2:1  not valid YAML: expected one document, found another one after "---"; remove what follows',
    ],
    ['a: !thing 1', '1:4  not valid YAML: a tag ("!name") is not allowed here; remove it'],
    ['a: !!binary aGk=', '1:4  not valid YAML: a tag ("!name") is not allowed here; remove it'],
    ['? [a]\n: 1', '1:3  not valid YAML: a key must be plain text'],
    ['a: *x', '1:4  a  the alias *x has no anchor &x before it'],
    ['a: &x [1, *x]', '1:11  a[1]  the alias *x stands inside what it names'],
    [
      'a: &x {b: 1}\nc:\n  <<: *x',
      '3:3  c["<<"]  YAML merge keys are not part of YAML 1.2; write the keys out',
    ],
    ['__proto__: {a: 1}', '1:1  __proto__  a key cannot have this name'],
    [
      `a: "${'\uFDD0'}"`,
      '1:1  the text holds one of the noncharacters U+FDD0 to U+FDD2, which are not for interchange',
    ],
  ];
  for (const [yaml, ...faults] of vectors) assert.equal(read(any, yaml), faults.join('\n'), yaml);
});

test('the text, its nesting and its aliases are bounded', () => {
  assert.equal(
    read(any, `#${'x'.repeat(4 * 1024 * 1024)}`),
    '1:1  expected at most 4 MiB of text, found more',
  );
  assert.equal(
    read(any, `#${'ä'.repeat(2 * 1024 * 1024)}`),
    '1:1  expected at most 4 MiB of text, found more',
  );
  assert.match(read(any, '['.repeat(20_000)), /nested too deeply/);
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  assert.match(read(any, nested(65)), /^\[\[/);
  assert.match(read(any, nested(66)), /^1:66 .*expected at most 64 levels of nesting, found more$/);
  const laughs = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 10; level += 1) {
    laughs.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    );
  }
  assert.equal(
    read(any, laughs.join('\n')),
    '1:1  expected aliases that stand for at most 10000 values, found more',
  );
});

test('faults of the schema, one zod code each', () => {
  const vectors: [schema: z.ZodType, yaml: string, ...faults: string[]][] = [
    [z.object({ a: z.string() }), 'a: 5', '1:4  a  expected text, found the number 5; put it in quotes'],
    [z.object({ a: z.string() }), 'a: true', '1:4  a  expected text, found true; put it in quotes'],
    [z.object({ a: z.string() }), 'a: [x]', '1:4  a  expected text, found a list'],
    [z.object({ a: z.string() }), 'a:\n  b: 1', '2:3  a  expected text, found a mapping'],
    [z.object({ a: z.string() }), 'a:', '1:3  a  expected text, found nothing'],
    [
      z.object({ a: z.number() }),
      'a: "8080"',
      '1:4  a  expected a number, found the text "8080"; remove the quotes',
    ],
    [z.object({ a: z.int() }), 'a: 1.5', '1:4  a  expected a whole number, found the number 1.5'],
    [
      z.object({ a: z.boolean() }),
      'a: yes',
      '1:4  a  expected true or false, found the text "yes"; write true',
    ],
    [
      z.object({ a: z.boolean() }),
      'a: Off',
      '1:4  a  expected true or false, found the text "Off"; write false',
    ],
    [z.object({ a: z.array(z.number()) }), 'a: 1', '1:4  a  expected a list, found the number 1'],
    [z.object({ a: z.never() }), 'a: 1', '1:4  a  expected nothing here, found the number 1'],
    [
      z.object({ a: z.object({ b: z.array(z.string()) }) }),
      'x: 1\na:\n  c: 1',
      '2:1  a.b  missing; expected a list',
    ],
    [z.object({ a: z.string() }), 'x: 1', '1:1  a  missing; expected text'],
    [
      z.object({ a: z.array(z.object({ b: z.string() })) }),
      'a:\n  - c: 1\n  - b: x',
      '2:5  a[0].b  missing; expected text',
    ],
    [z.strictObject({ abcd: z.string() }), '\nabdc: x', '2:1  abdc  unknown key; did you mean "abcd"?'],
    [
      z.strictObject({ a: z.int(), b: z.int().optional() }),
      'a: 1\nother: 2\nmore: 3',
      '2:1  other  unknown key; known here: b',
      '3:1  more  unknown key; known here: b',
    ],
    [
      z.object({ a: z.enum(['core', 'strict']) }),
      'a: cor',
      '1:4  a  expected one of "core", "strict", found the text "cor"; did you mean "core"?',
    ],
    [z.object({ a: z.literal(2) }), 'a: 1', '1:4  a  expected 2, found the number 1'],
    [z.object({ a: z.enum(['x', 'y']) }), 'b: 1', '1:1  a  missing; expected one of "x", "y"'],
    [
      z.object({ a: z.string().min(2) }),
      'a: x',
      '1:4  a  expected at least 2 characters, found the text "x"',
    ],
    [
      z.object({ a: z.string().min(1) }),
      'a: ""',
      '1:4  a  expected at least 1 character, found an empty text',
    ],
    [
      z.object({ a: z.string().max(2) }),
      'a: xyz',
      '1:4  a  expected at most 2 characters, found the text "xyz"',
    ],
    [
      z.object({ a: z.string().length(2) }),
      'a: xyz',
      '1:4  a  expected exactly 2 characters, found the text "xyz"',
    ],
    [z.object({ a: z.array(z.int()).min(1) }), 'a: []', '1:4  a  expected at least 1 item, found none'],
    [z.object({ a: z.array(z.int()).max(1) }), 'a: [1, 2]', '1:4  a  expected at most 1 item, found 2'],
    [z.object({ a: z.tuple([z.int(), z.int()]) }), 'a: [1]', '1:4  a  expected at least 2 items, found 1'],
    [z.object({ a: z.number().min(1) }), 'a: 0', '1:4  a  expected at least 1, found the number 0'],
    [z.object({ a: z.number().positive() }), 'a: 0', '1:4  a  expected more than 0, found the number 0'],
    [z.object({ a: z.number().lt(9) }), 'a: 9', '1:4  a  expected less than 9, found the number 9'],
    [
      z.object({ a: z.number().multipleOf(5) }),
      'a: 3',
      '1:4  a  expected a multiple of 5, found the number 3',
    ],
    [
      z.object({ a: z.url() }),
      'a: nope',
      '1:4  a  expected a URL such as https://example.com, found the text "nope"',
    ],
    [
      z.object({ a: z.ipv4() }),
      'a: x',
      '1:4  a  expected an IPv4 address such as 192.0.2.1, found the text "x"',
    ],
    [
      z.object({ a: z.string().regex(/^a+$/) }),
      'a: x',
      '1:4  a  expected text that matches /^a+$/, found the text "x"',
    ],
    [
      z.object({ a: z.string().startsWith('/') }),
      'a: x',
      '1:4  a  expected text that starts with "/", found the text "x"',
    ],
    [
      z.object({ a: z.string().endsWith('/') }),
      'a: x',
      '1:4  a  expected text that ends with "/", found the text "x"',
    ],
    [
      z.object({ a: z.string().includes('/') }),
      'a: x',
      '1:4  a  expected text that contains "/", found the text "x"',
    ],
    [
      z.object({ a: z.string().regex(/^\d+s$/, 'expected a duration like 10s') }),
      'a: x',
      '1:4  a  expected a duration like 10s, found the text "x"',
    ],
    [
      z.record(z.string().regex(/^[a-z]+$/), z.int()),
      'B: 1',
      '1:1  B  the key is not allowed: expected text that matches /^[a-z]+$/',
    ],
    [
      z.record(z.string().regex(/^[a-z]+$/, 'only a to z'), z.int()),
      'B: 1',
      '1:1  B  the key is not allowed: only a to z',
    ],
    [
      z.record(z.enum(['get', 'put']), z.int()),
      'get: 1\npit: 2',
      '2:1  pit  unknown key; did you mean "put"?',
    ],
    [z.object({ a: z.string().refine(() => false) }), 'a: x', '1:4  a  the value is not valid'],
    [z.object({ a: z.string().refine(() => false, 'it is Monday') }), 'a: x', '1:4  a  it is Monday'],
    [
      z.preprocess((text) => String(text).split(' '), z.array(z.ipv4())),
      '192.0.2.1 x',
      '1:1  [1]  expected an IPv4 address such as 192.0.2.1',
    ],
    [z.object({ a: z.date() }), 'a: 2026-01-31', '1:4  a  expected a date, found the text "2026-01-31"'],
    [
      z.object({ a: z.int() }),
      `a: ${'x'.repeat(99)}`,
      `1:4  a  expected a number, found the text "${'x'.repeat(60)}…"`,
    ],
  ];
  for (const [schema, yaml, ...faults] of vectors) assert.equal(read(schema, yaml), faults.join('\n'), yaml);
});

test('faults of unions come from the branch that was meant', () => {
  const one = z.union([
    z.strictObject({ oauth2: z.strictObject({ issuer: z.url() }) }),
    z.strictObject({ apiKey: z.strictObject({ header: z.string() }) }),
  ]);
  const typed = z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('static'), size: z.int() }),
    z.strictObject({ type: z.literal('redis'), url: z.url() }),
  ]);
  const memory = z.union([z.literal('memory'), z.strictObject({ redis: z.string() }), z.array(z.string())]);
  const address = z.union([z.ipv4(), z.cidrv4()]);
  const vectors: [schema: z.ZodType, yaml: string, ...faults: string[]][] = [
    [
      one,
      'oauth2: { issuer: x }',
      '1:19  oauth2.issuer  expected a URL such as https://example.com, found the text "x"',
    ],
    [one, 'apiKey: { heder: x }', '1:11  apiKey.heder  unknown key; did you mean "header"?'],
    [one, 'oauth3: {}', '1:1  oauth3  unknown key; did you mean "oauth2"?'],
    [one, '{}', '1:1  expected one of the keys "oauth2", "apiKey", found none of them'],
    [
      one,
      'oauth2: { issuer: "https://x" }\napiKey: { header: x }',
      '2:1  apiKey  expected only one of "oauth2" and "apiKey", found both',
    ],
    [one, 'oauth2: {}\napiKey: { header: x }', '1:1  oauth2  unknown key; known here: apiKey'],
    [one, '5', '1:1  expected a mapping, found the number 5'],
    [
      typed,
      'type: rediss',
      '1:7  type  expected one of "static", "redis", found the text "rediss"; did you mean "redis"?',
    ],
    [typed, 'size: 1', '1:1  type  missing; expected one of "static", "redis"'],
    [typed, 'type: redis\nurl: 5', '2:6  url  expected text, found the number 5; put it in quotes'],
    [
      memory,
      'memroy',
      '1:1  expected "memory" or a mapping or a list, found the text "memroy"; did you mean "memory"?',
    ],
    [memory, 'redis: 5', '1:8  redis  expected text, found the number 5; put it in quotes'],
    [z.object({ a: memory }), 'b: 1', '1:1  a  missing; expected "memory" or a mapping or a list'],
    [
      address,
      'x',
      '1:1  expected an IPv4 address such as 192.0.2.1 or an IPv4 range such as 192.0.2.0/24, found the text "x"',
    ],
    [
      z.xor([z.string(), z.string()]),
      'x',
      '1:1  expected a value that only one of the alternatives takes, found the text "x"',
    ],
    [
      z.object({ a: z.union([z.int(), z.string().regex(/^\d+s$/, 'expected a duration like 10s')]) }),
      'a: x',
      '1:4  a  expected a duration like 10s, found the text "x"',
    ],
    [
      z.array(z.union([one, z.literal('none')])),
      '- none\n- nine',
      '2:3  [1]  expected a mapping or "none", found the text "nine"; did you mean "none"?',
    ],
  ];
  for (const [schema, yaml, ...faults] of vectors) assert.equal(read(schema, yaml), faults.join('\n'), yaml);
});

test('references in values', () => {
  const schema = z.strictObject({
    port: z.int().max(65535).optional(),
    on: z.boolean().optional(),
    url: z.string().optional(),
    level: z.literal([1, 2]).optional(),
    any: z.union([z.strictObject({ n: z.number() }), z.strictObject({ s: z.string() })]).optional(),
  });
  const env = { PORT: '8443', ON: 'true', HOST: 'h', WORD: 'hunter2', LEVEL: '2' };
  const vectors: [yaml: string, result: string][] = [
    ['port: #{PORT}', '{"port":8443}'],
    ['{ port: #{PORT}, on: "#{ON}" }', '{"port":8443,"on":true}'],
    ['port: #{NOPE:-80}', '{"port":80}'],
    ['level: #{LEVEL}', '{"level":2}'],
    ['url: #{PORT}', '{"url":"8443"}'],
    ['url: http://#{HOST}:#{PORT}/$#{x}', '{"url":"http://h:8443/#{x}"}'],
    ['any: { n: #{PORT} }', '{"any":{"n":8443}}'],
    ['any: { s: #{PORT} }', '{"any":{"s":"8443"}}'],
    ['port: "8443"', '1:7  port  expected a number, found the text "8443"; remove the quotes'],
    ['port: #{WORD}', '1:7  port  expected a number, found the value of "#{WORD}"'],
    ['url: a\nport: 9#{PORT}', '2:7  port  expected at most 65535, found the value of "9#{PORT}"'],
    ['url: x#{HOST}/#{NOPE}', '1:15  url  the environment variable NOPE is not set'],
    ['url: "\\t#{NOPE}"', '1:9  url  the environment variable NOPE is not set'],
    ['url: >\n  a\n  #{NOPE}', '3:3  url  the environment variable NOPE is not set'],
    [
      'url: "#{a b}"',
      `1:7  url  expected a reference like #{NAME} or #{NAME:-default} after "#{"; write $#{ for a literal "#{"`,
    ],
    ['#{HOST}: 1', '1:1  ["#{HOST}"]  unknown key; known here: port, on, url, level, any'],
  ];
  for (const [yaml, result] of vectors) assert.equal(read(schema, yaml, env), result, yaml);
});

test('the raw document shows references, not what they stand for', () => {
  const text = 'a: #{A}\nb: [x, 5]\nkey: #{KEY}'.replaceAll('#{', '$' + '{');
  const schema = z.object({ a: z.int(), b: z.unknown(), key: secret() });
  const outcome = readDocument(text, 'p.yaml', schema, { env: { A: '1', KEY: 'hunter2' } });
  assert.ok(outcome.ok);
  assert.deepEqual(outcome.value, { a: 1, b: ['x', 5], key: 'hunter2' });
  assert.deepEqual(outcome.raw, { a: '$' + '{A}', b: ['x', 5], key: '$' + '{KEY}' });
  assert.deepEqual(structuredClone(outcome.value), outcome.value);
});

test('secrets', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'document-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'key'), 'from a file\n');
  const schema = z.strictObject({
    clientSecret: secret().min(8).optional(),
    list: z.array(z.union([z.literal('none'), z.strictObject({ key: secret() })])).optional(),
  });
  const remedy = 'write #{CLIENT_SECRET} and set that variable, or write file:/run/secrets/client-secret';
  const literal = 'expected a reference to a secret, found the secret itself or a part of it';
  const vectors: [yaml: string, result: string][] = [
    ['clientSecret: #{LONG}', '{"clientSecret":"long enough"}'],
    [`clientSecret: file:${folder}/key`, '{"clientSecret":"from a file"}'],
    ['clientSecret: file:#{FOLDER}/key', '{"clientSecret":"from a file"}'],
    ['list: [none, { key: #{SHORT} }]', '{"list":["none",{"key":"short"}]}'],
    [
      'clientSecret: #{SHORT}',
      '1:15  clientSecret  expected at least 8 characters, found the value of "#{SHORT}"',
    ],
    ['clientSecret: hunter2hunter2', `1:15  clientSecret  ${literal}; ${remedy}`],
    ['clientSecret: 1234567890', `1:15  clientSecret  ${literal}; ${remedy}`],
    ['clientSecret: x#{LONG}', `1:15  clientSecret  ${literal}; ${remedy}`],
    [
      'clientSecret: "#{LONG:-hunter2}"',
      `1:15  clientSecret  a secret has no default, as the default would stand in this file; ${remedy}`,
    ],
    [
      'clientSecret: [hunter2]',
      `1:15  clientSecret  expected a reference to a secret, found a list; ${remedy}`,
    ],
    ['clientSecret: #{NOPE}', '1:15  clientSecret  the environment variable NOPE is not set'],
    ['clientSecret: #{EMPTY}', '1:15  clientSecret  the environment variable EMPTY is empty'],
    ['clientSecret:', '1:14  clientSecret  expected text, found nothing'],
    [
      'list: [{ key: hunter2 }]',
      `1:15  list[0].key  ${literal}; write #{KEY} and set that variable, or write file:/run/secrets/key`,
    ],
  ];
  const env = { LONG: 'long enough', SHORT: 'short', EMPTY: '', FOLDER: folder };
  for (const [yaml, result] of vectors) assert.equal(read(schema, yaml, env), result, yaml);

  const relative = readDocument('clientSecret: file:key', join(folder, 'p.yaml'), schema, { env });
  assert.deepEqual(relative.ok && relative.value, { clientSecret: 'from a file' });
});

test('no message repeats what a reference stands for', () => {
  const told = (value: unknown, context: z.core.$RefinementCtx): void =>
    context.addIssue({ code: 'custom', message: `cannot use ${JSON.stringify(value)}` });
  const schema = z.strictObject({
    url: z.string().superRefine(told).optional(),
    part: z
      .string()
      .superRefine((text, context) => told(text.slice(3), context))
      .optional(),
    owner: z.strictObject({ key: secret(), n: z.int() }).superRefine(told).optional(),
  });
  const env = { PASSWORD: 'hunter2', PIN: '7' };
  const vectors: [yaml: string, result: string][] = [
    ['url: redis://:#{PASSWORD}@h', '1:6  url  cannot use "redis://:#{PASSWORD}@h"'],
    ['part: xxx#{PASSWORD}', '1:7  part  cannot use "#{PASSWORD}"'],
    ['owner: { key: #{PASSWORD}, n: 1 }', '1:8  owner  cannot use {"key":"#{PASSWORD}","n":1}'],
    ['owner: { key: #{PIN}, n: 1 }', '1:8  owner  cannot use {"key":"#{PIN}","n":1}'],
  ];
  for (const [yaml, result] of vectors) assert.equal(read(schema, yaml, env), result, yaml);
  assert.doesNotMatch(read(schema, 'owner: { key: hunter2, n: 1 }'), /hunter2/);
});

test('all faults come at once, in the order of the file', () => {
  const schema = z.strictObject({ a: z.int(), b: z.array(z.int()), c: z.strictObject({ d: secret() }) });
  assert.equal(
    read(schema, 'c:\n  d: hunter2\n  e: #{NOPE}\nb: [1, x, #{NOPE}]\nb: 2\n').replace(/; write .*/, ''),
    [
      '1:1  a  missing; expected a number',
      '2:6  c.d  expected a reference to a secret, found the secret itself or a part of it',
      '3:3  c.e  unknown key; known here: d',
      '3:6  c.e  the environment variable NOPE is not set',
      '4:8  b[1]  expected a number, found the text "x"',
      '4:11  b[2]  the environment variable NOPE is not set',
      '5:1  b  the key is there twice; leave one of them',
    ].join('\n'),
  );
});

test('what the library writes as JSON comes back, whatever it is', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4, noUnicodeString: false }), (value) => {
      const text = JSON.stringify(value);
      fc.pre(!text.includes('$' + '{') && !text.includes('__proto__') && !text.includes('"<<"'));
      const outcome = readDocument(text, 'p.yaml', any, { env: {} });
      assert.ok(outcome.ok, text);
      assert.deepEqual(JSON.stringify(outcome.value), JSON.stringify(JSON.parse(text)));
    }),
  );
});

test('no text makes it throw, and every fault has a position inside the text', () => {
  const schema = z.strictObject({
    a: z.union([z.int(), z.strictObject({ b: secret() })]),
    c: z.array(z.url()),
  });
  const part = fc.constantFrom(
    'a',
    'b',
    'c',
    ':',
    ': ',
    '\n',
    '\n  ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '"',
    "'",
    '&x ',
    '*x',
    '$',
    '$' + '{A}',
    '!t ',
    '#',
    '|',
    '5',
    '<<',
    'file:',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const text = parts.join('');
      const outcome = readDocument(text, 'p.yaml', schema, { env: { A: 'hunter2' } });
      if (outcome.ok) return;
      const lines = text.split('\n');
      assert.ok(outcome.faults.length > 0);
      for (const { line, column } of outcome.faults) {
        assert.ok(line >= 1 && line <= lines.length, `line ${line} of ${JSON.stringify(text)}`);
        assert.ok(
          column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 1,
          `column ${column} of ${JSON.stringify(text)}`,
        );
      }
      assert.doesNotMatch(formatFaults(outcome.faults), /hunter2/);
    }),
    { numRuns: 500 },
  );
});
