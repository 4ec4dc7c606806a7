import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyContent } from '../body/content.ts';
import type { BodyParser } from '../body/processors.ts';
import { RuleFault } from './compile.ts';
import { compileRules } from './engine.ts';
import { exchange, ruleSet } from './testing/exchange.ts';

const form = ['Content-Type', 'application/x-www-form-urlencoded'];
const compile = (rules: string, options = {}) => compileRules(ruleSet(rules), options);

test('a rule that denies says so, with its status and id', () => {
  const engine = compile('SecRule ARGS:a "@eq 1" "id:7,phase:1,deny,status:418"');
  assert.deepEqual(exchange(engine, { target: '/?a=1' }).outcome, {
    kind: 'deny',
    status: 418,
    cause: 'rule',
    ruleId: 7,
    location: undefined,
  });
  assert.deepEqual(exchange(engine, { target: '/?a=2' }).outcome, { kind: 'pass' });
});

test('block is what the default action of the phase says', () => {
  const rule = 'SecRule ARGS:a "@eq 1" "id:7,phase:1,block"';
  assert.equal(exchange(compile(rule), { target: '/?a=1' }).outcome.kind, 'pass');
  const denied = exchange(compile(`SecDefaultAction "phase:1,deny,status:406"\n${rule}`), {
    target: '/?a=1',
  });
  assert.deepEqual([denied.outcome.kind, 'status' in denied.outcome && denied.outcome.status], ['deny', 406]);
});

test('a redirect has a location that ends no field', () => {
  const engine = compile('SecAction "id:1,phase:1,redirect:https://x.example/?u=%{ARGS.u}"');
  const { outcome } = exchange(engine, { target: '/?u=a%0d%0aSet-Cookie:b' });
  assert.ok(outcome.kind === 'redirect');
  assert.deepEqual([outcome.status, outcome.location], [302, 'https://x.example/?u=a%0d%0aSet-Cookie:b']);
});

test('a rule of the last phase refuses nothing', () => {
  assert.equal(exchange(compile('SecAction "id:1,phase:5,deny"')).outcome.kind, 'pass');
});

test('a match has what is needed to find its cause', () => {
  const engine = compile(
    `SecRule ARGS "@rx ev(i)l" "id:1,phase:1,capture,t:lowercase,severity:2,tag:x/%{tx.1},msg:'Found %{TX.0}',logdata:'in %{MATCHED_VAR_NAME}: %{MATCHED_VAR}'"`,
  );
  assert.deepEqual(exchange(engine, { target: '/?q=EVIL' }).matches, [
    {
      ruleId: 1,
      phase: 1,
      message: 'Found evil',
      logdata: 'in ARGS:q: evil',
      tags: ['x/i'],
      severity: 2,
      outcome: 'pass',
      variable: 'ARGS:q',
      value: 'evil',
    },
  ]);
});

test('rules with nolog leave no match', () => {
  assert.deepEqual(exchange(compile('SecAction "id:1,phase:1,nolog"')).matches, []);
});

test('very many matches are counted, and not kept', () => {
  const { matches, matchCount } = exchange(compile('SecRule ARGS "@rx ." "id:1,phase:1"'), {
    target: `/?${'a=1&'.repeat(900)}`,
  });
  assert.deepEqual([matches.length, matchCount], [250, 900]);
});

test('rules that are off look at nothing', () => {
  const { outcome, members } = exchange(
    compile('SecRuleEngine Off\nSecAction "id:1,phase:1,deny,setvar:tx.a=1"'),
  );
  assert.deepEqual([outcome.kind, members.size], ['pass', 0]);
});

test('a body beyond the limit is refused, or looked at up to there', () => {
  const rule =
    'SecRule REQUEST_BODY "@contains evil" "id:1,phase:2,setvar:tx.evil=1"\nSecRule INBOUND_DATA_ERROR "@eq 1" "id:2,phase:2,setvar:tx.cut=1"';
  const body = `a=evil${'x'.repeat(100)}`;
  const request = { fields: form, body };
  const refused = exchange(compile(`SecRequestBodyLimit 50\n${rule}`), request);
  assert.deepEqual(
    [refused.outcome.kind === 'deny' && refused.outcome.cause, refused.variable('evil')],
    ['body-limit', undefined],
  );
  for (const directive of ['SecRequestBodyLimitAction ProcessPartial', 'SecRuleEngine DetectionOnly']) {
    const cut = exchange(compile(`SecRequestBodyLimit 50\n${directive}\n${rule}`), request);
    assert.deepEqual(
      [cut.outcome.kind, cut.variable('evil'), cut.variable('cut')],
      ['pass', '1', '1'],
      directive,
    );
  }
  const small = exchange(compile(`SecRequestBodyLimit 106\n${rule}`), request);
  assert.deepEqual([small.outcome.kind, small.variable('cut')], ['pass', undefined]);
});

test('what stands beside files has a limit of its own', () => {
  const MULTIPART: BodyParser = (body) => ({
    ...emptyContent,
    files: [{ name: 'f', fileName: 'f', size: body.length - 10, head: '' }],
  });
  const fields = ['Content-Type', 'multipart/form-data; boundary=x'];
  const outcome = (limit: number) =>
    exchange(compile(`SecRequestBodyNoFilesLimit ${limit}`, { bodyParsers: { MULTIPART } }), {
      fields,
      body: 'x'.repeat(500),
    }).outcome;
  assert.equal(outcome(10).kind, 'pass');
  assert.equal(outcome(9).kind, 'deny');
});

test('a body that cannot be read is refused, unless a rule is there first or it is to pass', () => {
  const unreadable: BodyParser = () => ({ ...emptyContent, fault: 'no JSON' });
  const choose = 'SecAction "id:1,phase:1,ctl:requestBodyProcessor=JSON"';
  const options = { bodyParsers: { JSON: unreadable } };
  const refused = exchange(compile(choose, options), { body: 'x' }).outcome;
  assert.deepEqual(refused.kind === 'deny' && [refused.cause, refused.status], ['body-fault', 400]);
  const rule = 'SecRule REQBODY_ERROR "!@eq 0" "id:2,phase:2,deny,status:422,msg:\'%{REQBODY_ERROR_MSG}\'"';
  const byRule = exchange(compile(`${choose}\n${rule}`, options), { body: 'x' });
  assert.deepEqual(byRule.outcome.kind === 'deny' && byRule.outcome.ruleId, 2);
  assert.equal(byRule.matches.at(-1)?.message, 'no JSON');
  assert.equal(
    exchange(compile(choose, { ...options, onBodyFault: 'pass' }), { body: 'x' }).outcome.kind,
    'pass',
  );
});

test('each processor reads what it is for', () => {
  const rules = `SecRule REQUEST_HEADERS:Content-Type "@contains json" "id:1,phase:1,ctl:requestBodyProcessor=JSON"
SecRule REQUEST_HEADERS:Content-Type "@contains xml" "id:2,phase:1,ctl:requestBodyProcessor=XML"
SecRule ARGS|XML:/*|FILES "@rx ." "id:3,phase:2,log,pass,setvar:tx.seen=%{tx.seen} %{MATCHED_VAR_NAME}=%{MATCHED_VAR}"`;
  const seen = (type: string, body: string) => {
    const transaction = exchange(compile(rules), { fields: ['Content-Type', type], body });
    assert.equal(transaction.outcome.kind, 'pass');
    return transaction.variable('seen')?.trim();
  };
  assert.equal(seen('application/json', '{"a":{"b":"c"}}'), 'ARGS:json.a.b=c');
  assert.equal(seen('text/xml', '<a b="c">d</a>'), 'XML:/*=d');
  const parts = '--x\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\nz\r\n--x--\r\n';
  assert.equal(seen('multipart/form-data; boundary=x', parts), 'FILES:f=a.txt');
});

test('arguments beyond the limit are not passed unread', () => {
  const rules = 'SecArgumentsLimit 3\nSecRule REQBODY_ERROR "@eq 1" "id:1,phase:2,setvar:tx.error=1"';
  const request = (query: string, body: string) =>
    exchange(compile(rules), { target: `/?${query}`, fields: form, body });
  assert.equal(request('a&b', 'c').outcome.kind, 'pass');
  for (const cut of [request('a&b', 'c&d'), request('a&b&c&d', '')]) {
    assert.equal(cut.outcome.kind === 'deny' && cut.outcome.cause, 'body-fault');
    assert.equal(cut.variable('error'), '1');
  }
});

test('a response beyond the limit is refused, or looked at up to there', () => {
  const response = { fields: ['Content-Type', 'text/plain'], body: `${'x'.repeat(50)}evil` };
  const rules =
    'SecResponseBodyAccess On\nSecResponseBodyLimit 40\nSecRule RESPONSE_BODY "@contains evil" "id:1,phase:4,deny"';
  const refused = exchange(compile(rules), { response }).outcome;
  assert.equal(refused.kind === 'deny' && refused.cause, 'body-limit');
  assert.equal(
    exchange(compile(`${rules}\nSecResponseBodyLimitAction ProcessPartial`), { response }).outcome.kind,
    'pass',
  );
});

test('the budget ends a transaction, as it is declared to', () => {
  const rules = 'SecRule ARGS "@rx a" "id:1,phase:1,setvar:tx.n=+1"';
  const request = { target: `/?${'b=a&'.repeat(900)}` };
  let time = 0;
  const now = () => time++;
  const refused = exchange(compile(rules, { now, budget: 5 }), request);
  assert.deepEqual(refused.outcome.kind === 'deny' && [refused.outcome.cause, refused.outcome.status], [
    'budget',
    503,
  ]);
  assert.ok(Number(refused.variable('n') ?? 0) < 900);
  const passed = exchange(compile(rules, { now, budget: 5, onFault: 'pass' }), request);
  assert.deepEqual([passed.outcome.kind, passed.fault?.name], ['pass', 'BudgetFault']);
  assert.equal(exchange(compile(rules, { now, budget: 5_000 }), request).variable('n'), '900');
});

test('time between phases is not the fault of rules', () => {
  let time = 0;
  const engine = compile('SecAction "id:1,phase:1"\nSecAction "id:2,phase:2,setvar:tx.a=1"', {
    now: () => time,
    budget: 5,
  });
  const transaction = engine.transaction({
    method: 'GET',
    target: '/',
    protocol: 'HTTP/1.1',
    fields: [],
    peerAddress: '::1',
  });
  transaction.requestHead();
  time = 60_000;
  assert.equal(transaction.requestBody().kind, 'pass');
  assert.equal(transaction.variable('a'), '1');
});

test('what rules build up has bounds, and going beyond them is a fault', () => {
  const doubling = `SecRule ARGS "@rx ." "id:1,phase:1,setvar:'tx.a=%{tx.a}%{tx.a}x'"`;
  const names = 'SecRule ARGS "@rx ." "id:1,phase:1,setvar:tx.%{tx.n}_%{MATCHED_VAR}=1,setvar:tx.n=+1"';
  for (const rules of [doubling, `SecArgumentsLimit 9000\n${names}`]) {
    const { outcome } = exchange(compile(rules, { budget: 60_000 }), { target: `/?${'b=a&'.repeat(8_000)}` });
    assert.equal(outcome.kind === 'deny' && outcome.cause, 'fault', rules);
  }
});

test('an error within the engine is an outcome too', () => {
  const parser: BodyParser = () => {
    throw new Error('oh');
  };
  const refused = exchange(compile('', { bodyParsers: { URLENCODED: parser } }), {
    fields: form,
    body: 'a=1',
  });
  assert.deepEqual(refused.outcome.kind === 'deny' && [refused.outcome.cause, refused.outcome.status], [
    'fault',
    500,
  ]);
  assert.equal(refused.fault?.message, 'oh');
});

test('a pattern with variables that makes no pattern is a fault', () => {
  const { outcome } = exchange(compile('SecRule ARGS:a "@rx %{ARGS.b}" "id:1,phase:1"'), {
    target: '/?a=1&b=(',
  });
  assert.equal(outcome.kind === 'deny' && outcome.cause, 'fault');
});

test('arguments of operators that mean nothing are said with file and line, all at once', () => {
  const rules = 'SecRule ARGS "@ipMatch localhost" "id:1"\nSecRule ARGS "@validateByteRange 9-1" "id:2"';
  assert.throws(
    () => compile(rules),
    (error) =>
      error instanceof RuleFault &&
      /^test\.conf:1: @ipMatch: .*\ntest\.conf:2: @validateByteRange: /s.test(error.message),
  );
});

test('says what it wants to see of bodies', () => {
  const engine = compile(
    'SecResponseBodyAccess On\nSecResponseBodyMimeType application/json\nSecRequestBodyLimit 77\nSecRule ARGS:off "@eq 1" "id:1,phase:1,ctl:requestBodyAccess=Off"',
  );
  const start = (target: string) => {
    const transaction = engine.transaction({
      method: 'GET',
      target,
      protocol: 'HTTP/1.1',
      fields: [],
      peerAddress: '::1',
    });
    transaction.requestHead();
    return transaction;
  };
  const transaction = start('/');
  assert.deepEqual([transaction.readsRequestBody, transaction.requestBodyLimit], [true, 77]);
  assert.equal(start('/?off=1').readsRequestBody, false);
  const reads = (type: string) => {
    transaction.responseHead({ status: 200, protocol: 'HTTP/1.1', fields: ['Content-Type', type] });
    return transaction.readsResponseBody;
  };
  assert.deepEqual([reads('application/json; charset=utf-8'), reads('text/html')], [true, false]);
});

test('bodies are taken as bytes too', () => {
  const engine = compile('SecRule ARGS:a "@streq \u00e4" "id:1,phase:2,setvar:tx.a=1"');
  assert.equal(
    exchange(engine, { fields: form, body: Buffer.from('a=\u00e4', 'latin1') }).variable('a'),
    '1',
  );
});

test('ctl:auditEngine is handed on', () => {
  assert.equal(exchange(compile('SecAction "id:1,phase:1,ctl:auditEngine=Off"')).auditMode, 'Off');
});
