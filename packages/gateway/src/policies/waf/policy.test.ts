import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Environment } from '../../environment.ts';
import type { Refuse } from '../../exchange.ts';
import { OptionFault } from '../../policy.ts';
import {
  api,
  type ExchangeParts,
  environment,
  exchange,
  operation,
  preparePolicy,
} from '../../testing/exchange.ts';
import { waf } from './policy.ts';
import type { WafConfig } from './schema.ts';

const folder = mkdtempSync(join(tmpdir(), 'waf-'));
after(() => rmSync(folder, { recursive: true }));

writeFileSync(
  join(folder, 'own.conf'),
  `SecRule ARGS "@contains attack" "id:1001,phase:2,deny,status:403,tag:'attack-word',severity:CRITICAL,msg:'An attack'"
SecRule REQUEST_URI_RAW "@contains /../" "id:1002,phase:1,deny"
SecRule REQUEST_HEADERS:X-Secret "@rx ." "id:1003,phase:1,log,pass,msg:'secret %{MATCHED_VAR}'"
SecRule FILES "@endsWith .php" "id:1004,phase:2,deny"
SecRule RESPONSE_BODY "@contains stack" "id:1005,phase:4,deny"
SecRule REQUEST_HEADERS:Content-Encoding "@rx ." "id:1006,phase:1,deny"
SecRule REMOTE_ADDR "@ipMatch 192.0.2.66" "id:1007,phase:1,deny"
SecRule REQUEST_METHOD "!@within %{tx.allowed_methods}" "id:1008,phase:1,deny"
`,
);

/** As it is written, sizes with their units. */
type Options = Partial<Omit<WafConfig, 'maxBody'>> & { readonly maxBody?: string };

const json = { 'content-type': 'application/json' };

function prepared(config: Options = {}, parts: Partial<Environment> = {}) {
  return preparePolicy(waf, { rules: ['own.conf'], ...config }, environment({ folder, ...parts }));
}

async function verdict(line: string, parts: ExchangeParts = {}, config: Options = {}) {
  const policy = await prepared(config);
  return (await policy.body!(exchange(line, parts))) as Refuse | undefined;
}

test('rules see the query, the body in each of its forms, and the head', async () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const multipart = { 'content-type': 'multipart/form-data; boundary=x' };
  const part = (head: string, text: string) =>
    `--x\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n--x--\r\n`;
  const rows: readonly [line: string, parts: ExchangeParts, reason: string | undefined][] = [
    ['GET /a?q=fine', {}, undefined],
    ['GET /a?q=an+attack', {}, '1001 ARGS:q'],
    ['POST /a', { fields: json, body: { a: { b: 'attack' } } }, '1001 ARGS:json.a.b'],
    ['POST /a', { fields: form, body: 'b=at%74ack' }, '1001 ARGS:b'],
    ['POST /a', { fields: multipart, body: part('name="c"', 'attack') }, '1001 ARGS:c'],
    ['POST /a', { fields: multipart, body: part('name="c"; filename="x.php"', 'a') }, '1004 FILES:c'],
    ['GET /a', { clientAddress: '192.0.2.66' }, '1007 REMOTE_ADDR'],
    ['GET /a', { rawTarget: '/b/../a' }, '1002 REQUEST_URI_RAW'],
    ['PURGE /a', {}, '1008 REQUEST_METHOD'],
  ];
  for (const [line, parts, reason] of rows) {
    const found = await verdict(line, parts);
    assert.equal(found?.reason, reason, line);
    if (reason !== undefined) assert.equal(found?.problem, 'attack-suspected');
  }
});

test('what cannot be read is refused', async () => {
  const rows: readonly [parts: ExchangeParts, problem: string][] = [
    [{ fields: json, body: '{"a":1' }, 'body-unreadable'],
    [{ fields: json, body: '{"a":"1","b":"2","c":"3"}' }, 'body-unreadable'],
    [{ fields: { 'content-type': 'multipart/form-data' }, body: 'x' }, 'body-unreadable'],
    [
      { fields: { ...json, 'content-encoding': 'gzip' }, body: '{}', rawFields: [] },
      'content-coding-unsupported',
    ],
    [{ fields: json, body: `"${'a'.repeat(2_000)}"` }, 'body-too-large'],
  ];
  for (const [parts, problem] of rows)
    assert.equal((await verdict('POST /a', parts, { maxArguments: 2, maxBody: '1KiB' }))?.problem, problem);
});

test('a body that was unpacked has no coding for the rules', async () => {
  const rawFields = ['Content-Encoding', 'gzip', 'Content-Type', 'application/json'];
  assert.equal(await verdict('POST /a', { fields: json, body: '{}', rawFields }), undefined);
});

test('the record names rules, places and the score, and nothing of what was there', async () => {
  const policy = await prepared();
  const request = exchange('GET /a?q=attack-s3cret', { fields: { 'x-secret': 's3cret' } });
  await policy.body!(request);
  assert.deepEqual(request.notes, { waf: ['1003 REQUEST_HEADERS:x-secret', '1001 ARGS:q'] });
});

test('exclusions: everywhere, below a path, for an operation, by tag and range', async () => {
  const reason = 'known to be wrong';
  const operations = [
    operation('POST /notes/{id}', { id: 'addNote' }),
    operation('GET /notes/{id}'),
    operation('POST /other'),
  ];
  const shop = { ...api('shop', operations), basePath: '/v1' };
  const found = async (exclude: WafConfig['exclude'], line: string) => {
    const policy = await prepared({ exclude }, { api: shop });
    return ((await policy.body!(exchange(line))) as Refuse | undefined)?.reason;
  };
  const all = { rule: 1001, reason };
  assert.equal(await found([all], 'GET /a?q=attack'), undefined);
  assert.equal(await found([{ ...all, rule: 'tag:attack-word' }], 'GET /a?q=attack'), undefined);
  assert.equal(await found([{ ...all, rule: [7, '1000-1001'] }], 'GET /a?q=attack'), undefined);
  const target = [{ ...all, target: 'ARGS:q' }];
  assert.equal(await found(target, 'GET /a?q=attack'), undefined);
  assert.equal(await found(target, 'GET /a?r=attack'), '1001 ARGS:r');
  const path = [{ ...all, target: 'ARGS:q', path: '/v1/*/notes' }];
  for (const [line, expected] of [
    ['GET /v1/7/notes?q=attack', undefined],
    ['GET /v1/7/notes/8?q=attack', undefined],
    ['GET /v1/7/notes?r=attack', '1001 ARGS:r'],
    ['GET /v1/7/notesx?q=attack', '1001 ARGS:q'],
    ['GET /v1/7/8/notes?q=attack', '1001 ARGS:q'],
    ['GET /x/v1/7/notes?q=attack', '1001 ARGS:q'],
  ] as const)
    assert.equal(await found(path, line), expected, line);
  for (const name of ['addNote', 'POST /notes/{id}']) {
    const one = [{ ...all, operation: name }];
    assert.equal(await found(one, 'POST /v1/notes/7?q=attack'), undefined);
    assert.equal(await found(one, 'GET /v1/notes/7?q=attack'), '1001 ARGS:q');
    assert.equal(await found(one, 'POST /v1/notes/7/8?q=attack'), '1001 ARGS:q');
  }
});

test('replies are looked into where that is asked for', async () => {
  const policy = await prepared({ responses: true });
  const seen = async (replyBody: string) => {
    const request = exchange('GET /a', { replyFields: json, replyBody });
    assert.equal(await policy.body!(request), undefined);
    const found = policy.reply!(request) as Refuse | undefined;
    policy.record!(request);
    return found && [found.problem, found.reason];
  };
  assert.equal(await seen('"fine"'), undefined);
  assert.deepEqual(await seen('"a stack trace"'), ['reply-withheld', '1005 RESPONSE_BODY']);
  assert.ok(policy.needsReply!(undefined, exchange('GET /', { replyFields: json })) > 0);
  assert.equal(
    policy.needsReply!(undefined, exchange('GET /', { replyFields: { 'content-type': 'image/png' } })),
    0,
  );
  assert.equal((await prepared()).reply, undefined);
});

test('faults of rules are told where they stand', async () => {
  mkdirSync(join(folder, 'crs', 'rules'), { recursive: true });
  writeFileSync(join(folder, 'broken.conf'), 'SecRule ARGS "@rx (" "id:1,phase:2"\nSecRool X "y" "id:2"\n');
  writeFileSync(join(folder, 'pattern.conf'), 'SecRule ARGS "@rx (" "id:1,phase:2,pass"\n');
  writeFileSync(join(folder, 'crs', 'rules', 'REQUEST-901-INITIALIZATION.conf'), '# nothing\n');
  const rows: readonly [config: Options, option: string, message: RegExp][] = [
    [{ rules: ['own.conf', 'none.conf'] }, 'rules.1', /no file .*none\.conf/],
    [{ rules: ['crs:nowhere'] }, 'rules.0', /no Core Rule Set in .*REQUEST-901/],
    [{ rules: ['crs:crs'] }, 'rules.0', /does not say of which version/],
    [{ rules: ['broken.conf'] }, 'rules', /broken\.conf:2: .*SecRool/],
    [{ rules: ['pattern.conf'] }, 'rules', /pattern\.conf:1: /],
    [
      { exclude: [{ rule: 1, operation: 'none', reason: 'why' }] },
      'exclude.0.operation',
      /no operation "none"/,
    ],
  ];
  for (const [config, option, message] of rows)
    await assert.rejects(
      async () => prepared(config),
      (fault) => {
        assert.ok(fault instanceof OptionFault, String(fault));
        assert.equal(fault.option.join('.'), option);
        assert.match(fault.message, message);
        return true;
      },
    );
});

test('what is taken without effect is told once, with the first of its places', async () => {
  writeFileSync(
    join(folder, 'warned.conf'),
    [1, 2, 3].map((id) => `SecRule ARGS "@rbl example.com" "id:${id},phase:2,pass"`).join('\n'),
  );
  const warned: string[] = [];
  await prepared({ rules: ['warned.conf'] }, { warn: (message) => void warned.push(message) });
  assert.equal(warned.length, 1);
  assert.match(warned[0]!, /^waf: .*warned\.conf:1: @rbl is not supported.*, and in 2 more places$/);
});

test('the rules that are built in are what runs where none are named', async () => {
  const policy = await preparePolicy(waf, {}, environment({ folder }));
  const found = async (line: string, parts: ExchangeParts = {}) =>
    (
      (await policy.body!(exchange(line, { fields: { ...json, host: 'a.example' }, ...parts }))) as
        | Refuse
        | undefined
    )?.problem;
  assert.equal(await found("GET /books?q=1'+or+1=1--+"), 'attack-suspected');
  assert.equal(
    await found('POST /books', { body: { name: '<img src=x onerror=alert(1)>' } }),
    'attack-suspected',
  );
  assert.equal(await found('GET /books?file=../../../etc/passwd'), 'attack-suspected');
  assert.equal(
    await found('PUT /books/7', { body: { name: "O'Brien", note: 'Select one from the list.' } }),
    undefined,
  );
  const request = exchange("GET /books?q=1'+or+1=1--+", { fields: { host: 'a.example' } });
  await policy.body!(request);
  assert.ok(Number(request.notes?.['wafScore']) >= 5);
  const both = await preparePolicy(waf, { rules: ['core', 'own.conf'] }, environment({ folder }));
  assert.equal(((await both.body!(exchange('GET /a?q=attack'))) as Refuse).reason, '1001 ARGS:q');
});
