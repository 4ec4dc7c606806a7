import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundRegularExpressions } from '../../cli/process.ts';
import {
  type ExchangeParts,
  exchange,
  operation,
  type PrincipalParts,
  principal,
} from '../../testing/exchange.ts';
import { Conditions } from './condition.ts';
import { compileRoles } from './roles.ts';

boundRegularExpressions();
const conditions = await Conditions.open(
  compileRoles({ clerk: { permissions: ['orders:any'] }, admin: { includes: ['clerk'] } }),
);

const caller: PrincipalParts = {
  subject: 'ann',
  client: 'web',
  roles: ['admin'],
  scopes: ['read'],
  claims: {
    sub: 'ann',
    level: 2,
    ratio: 0.5,
    verified: true,
    groups: ['sales', 'berlin'],
    address: { country: 'DE' },
    text: '2',
    nothing: null,
    constructor: 'x',
  },
};
const request: ExchangeParts = {
  operation: operation('GET /customers/{id}'),
  pathValues: ['ann'],
  clientAddress: '10.1.2.3',
  fields: { 'x-team': ['a', 'b'], accept: 'application/json' },
  receivedAt: Date.parse('2026-10-25T01:30:00Z'),
};

test('the value of a parameter is without what its style writes before it', () => {
  const parameters = [{ name: 'id', in: 'path', style: 'matrix' }] as never;
  const styled = operation('GET /customers/{id}', { parameters });
  const condition = conditions.compile('request.pathValues.id == "ann"');
  const parts = { ...request, operation: styled, pathValues: [';id=ann'] };
  assert.equal(condition.decide(exchange('GET /customers/;id=ann', parts)), true);
});

function decide(
  text: string,
  who: PrincipalParts | undefined = caller,
  line = 'GET /customers/ann?tag=a&tag=b&n=1',
) {
  const parts = { ...request, principal: who === undefined ? undefined : principal(who) };
  return conditions.compile(text).decide(exchange(line, parts));
}

const holds: readonly string[] = [
  'request.method == "GET" && request.host == "api.example.com"',
  'request.path.startsWith("/customers/")',
  'request.operation == "GET /customers/{id}"',
  'request.pathValues.id == principal.subject',
  'request.pathValues["id"] == claims.sub',
  '"b" in request.query.tag',
  'size(request.query.tag) == 2',
  '!has(request.query.nope)',
  'request.fields["x-team"] == "a, b"',
  'request.fields.accept.contains("json")',
  'principal.known && principal.client == "web" && principal.authenticator == "customers"',
  '"clerk" in principal.roles && "admin" in principal.roles',
  '"orders:any" in principal.permissions && !("x" in principal.permissions)',
  '"read" in principal.scopes',
  'claims.level >= 2 && claims.level < 3 && claims.level == 2',
  'claims.ratio > 0.4',
  'claims.verified == true',
  'claims.groups.exists(g, g == "sales")',
  'claims.groups.all(g, g.matches("^[a-z]+$"))',
  'claims.groups.filter(g, g != "sales").exists(g, g == "berlin")',
  'claims.address.country in ["DE", "AT"]',
  'claims["address"]["country"] == "DE"',
  'has(claims.sub) && !has(claims.nope)',
  'claims.nope == 1 || true',
  'claims.nothing == null',
  'inNetwork(address, "10.0.0.0/8") && !inNetwork(address, "192.0.2.0/24")',
  'time > timestamp("2026-01-01T00:00:00Z") && time.getHours() == 1',
  // The second time that it is half past two in Berlin on this day.
  'hourIn(time, "Europe/Berlin") == 2 && weekdayIn(time, "Europe/Berlin") == "sun"',
  'request.path.matches("^/customers/[^/]+$")',
  'claims.level == 3 ? false : true',
  'int(claims.text) == 2',
  'claims.constructor == "x"',
];

for (const text of holds) test(`holds: ${text}`, () => assert.equal(decide(text), true));

const fails: readonly string[] = [
  'request.method == "POST"',
  // Types differ: text is no number.
  'claims.text == 2',
  'claims.level == "2"',
  'claims.groups == ["sales"]',
  '"Admin" in principal.roles',
];

for (const text of fails) test(`does not hold: ${text}`, () => assert.equal(decide(text), false));

const undecided: readonly [text: string, reason: string, line?: string][] = [
  ['claims.nope == "x"', 'no-such-key'],
  ['claims.nope.deeper == "x"', 'no-such-key'],
  ['claims.sub > 3', 'no-such-overload'],
  ['claims.level.startsWith("2")', 'no-matching-overload'],
  ['claims.constructor == "x" && claims.toString == "x"', 'no-such-key'],
  ['claims.__proto__ == "x"', 'no-such-key'],
  ['request.query.nope[0] == "x"', 'no-such-key'],
  ['request.query.tag[7] == "x"', 'index-out-of-bounds'],
  ['request.fields.nope == "x"', 'no-such-key'],
  ['int(claims.sub) == 1', 'int-conversion-error'],
  ['claims.level / 0 == 1', 'no-such-overload'],
  ['request.query.tag[0] == "a"', 'query: utf-8', 'GET /customers/ann?tag=%ff'],
];

for (const [text, reason, line] of undecided) {
  test(`cannot be decided: ${text}`, () => {
    const outcome = decide(text, caller, line);
    assert.equal(typeof outcome === 'object' ? outcome.undecided : outcome, reason);
  });
}

test('nobody is known: everything of the principal is empty', () => {
  const empty =
    '!principal.known && principal.subject == "" && principal.client == "" && size(principal.roles) == 0 && size(claims) == 0';
  const parts = { ...request, principal: undefined };
  assert.equal(conditions.compile(empty).decide(exchange('GET /', parts)), true);
});

test('claims with more values than can be gone through are not decided upon', () => {
  const claims = { list: Array.from({ length: 1_001 }, (_, i) => i) };
  assert.deepEqual(decide('claims.list.exists(v, v == 7)', { claims }), {
    undecided: 'claims: too many values',
  });
  const nested = { a: { b: Array.from({ length: 600 }, () => ({ c: 1 })) } };
  assert.deepEqual(decide('claims.a.b.size() > 1', { claims: nested }), {
    undecided: 'claims: too many values',
  });
  assert.equal(
    decide('claims.list.exists(v, v == 7)', { claims: { list: claims.list.slice(0, 900) } }),
    true,
  );
});

const wrong: readonly [text: string, fault: RegExp][] = [
  ['', /not a condition/],
  ['request.method ==', /not a condition: .*\(at character 18\)/],
  ['request.mehtod == "GET"', /no such key: mehtod \(at character 9\)/i],
  ['requst.method == "GET"', /unknown variable: requst \(at character 1\)/i],
  ['request.method == 1', /no such overload: string == int/i],
  ['request.method + 1 == "x"', /no such overload/i],
  ['principal.roles == "admin"', /no such overload/i],
  ['request.method', /is of type string/],
  ['claims.admin', /is of type dyn: compare it/],
  ['claims', /is of type map/],
  ['1', /is of type int/],
  ['inNetwork(address, claims.net)', /inNetwork needs a text that is written out.*\(at character 20\)/],
  ['inNetwork(address, "10.0.0.1/8")', /has address bits set.*\(at character 20\)/],
  ['request.path.matches(claims.pattern)', /matches needs a text that is written out/],
  ['request.path.matches("(")', /regular expression/i],
  ['request.path.matches("(?=a)")', /neither look-around nor back-references/],
  ['request.path.matches("(?<!a)")', /neither look-around/],
  [String.raw`request.path.matches("(a)\\1")`, /neither look-around/],
  ['claims.groups.exists(g, request.path.matches("(a)(?!b)"))', /neither look-around/],
  [String.raw`request.path.matches("\\p{L}")`, /no Unicode properties/],
  ['request.path.matches("(a{1,1000}){1,1000}")', /cannot be matched in linear time/],
  ['hourIn(time, "Europe/Berln") > 7', /there is no time zone/],
  ['time.getHours("Europe/Berlin") > 7', /hourIn\(time, "Europe\/Berlin"\)/],
  ['claims.a.exists(x, claims.b.exists(y, y == x))', /exists stands inside another one/],
  ['claims.a.map(x, claims.b.filter(y, y == x)).size() > 0', /filter stands inside another one/],
  ['cel.bind(x, "a" + "a", x == "aa")', /there is no function bind/],
  ['request.path.split("/").size() > 2', /there is no function split/],
  ['b"{}".json().a == 1', /there is no function json/],
  [`${'('.repeat(40)}true${')'.repeat(40)}`, /not a condition/],
  [Array.from({ length: 200 }, () => 'principal.known').join(' && '), /not a condition/],
];

for (const [text, fault] of wrong)
  test(`is refused at load: ${text.slice(0, 60)}`, () =>
    assert.throws(() => conditions.compile(text), fault));

test('a pattern that goes back and forth is bounded by its text', () => {
  const evil = `/${'a'.repeat(8_000)}!`;
  const before = process.cpuUsage().user;
  conditions.compile('request.path.matches("^/[a-z]*[a-z]*[a-z]*$")').decide(exchange(`GET ${evil}`));
  assert.ok(process.cpuUsage().user - before < 5_000_000);
});
