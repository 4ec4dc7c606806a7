import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { compileRules } from './compile.ts';
import { inspectContent } from './inspect.ts';
import type { LeakProtectionConfig } from './schema.ts';

/** Put together here, so that no scanner takes this file for a leak. */
const join = (...parts: readonly string[]): string => parts.join('');
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
function ownKey(): string {
  const text = `pck_${'a1B2'.repeat(5)}zz`;
  let sum = '';
  for (let rest = crc32(text), i = 0; i < 6; i++, rest = Math.floor(rest / 62))
    sum = digits[rest % 62]! + sum;
  return text + sum;
}

const rules = compileRules({} as LeakProtectionConfig);

/** What is found in it, as text and inside of JSON. */
function foundIn(text: string): string[] {
  const inText = inspectContent(rules, Buffer.from(text), false)?.reason ?? '';
  const inJson = inspectContent(rules, Buffer.from(JSON.stringify({ a: text })), true)?.reason ?? '';
  const names = (reason: string): string[] => reason.split('; ').map((each) => each.split(' ')[0]!);
  assert.deepEqual(names(inJson), names(inText), 'JSON hides nothing');
  return names(inText).filter(Boolean);
}

const leaks: Readonly<Record<string, readonly string[]>> = {
  'stack-trace': [
    'java.lang.NullPointerException\n\tat com.example.Shop.order(Shop.java:12)\n\tat x',
    'at com.example.Shop$Inner.<init>(Shop.kt:1)',
    'at java.base/java.lang.Thread.run(Thread.java:829)',
    'at sun.reflect.Native.invoke0(Native Method)',
    'TypeError: x\n    at Object.<anonymous> (/app/src/shop.ts:12:5)',
    '    at async file:///app/shop.mjs:1:20',
    '    at node:internal/main/run_main_module:28:49',
    'Traceback (most recent call last):\n  File "x.py", line 1, in <module>',
    '  File "/app/shop.py", line 12, in order',
    '   at Shop.Orders.Place(Order o) in C:\\shop\\Orders.cs:line 12',
    '   at System.Linq.Enumerable.First[TSource](IEnumerable`1 source)',
    'PHP Fatal error:  Uncaught Exception',
    '<b>Fatal error</b>: Uncaught Error in <b>/var/www/x.php</b> on line <b>3</b>',
    'Stack trace:\n#0 /var/www/x.php(3): f()',
    '#0 /var/www/x.php(3): f()',
    "app/models/shop.rb:12:in `order'",
    'goroutine 1 [running]:\nmain.main()',
    '\t/app/main.go:12 +0x1d',
    "thread 'main' panicked at src/main.rs:2:5",
  ],
  'sql-error': [
    'You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version',
    "Duplicate entry 'ann@example.com' for key 'customers.email'",
    "Unknown column 'pasword' in 'field list'",
    'SQLSTATE[42S02]: Base table or view not found',
    'ERROR:  syntax error at or near "SELCT"',
    'duplicate key value violates unique constraint "customers_pkey"',
    'relation "customers" does not exist',
    'column "pasword" does not exist',
    'SQLITE_ERROR: no such table: customers',
    'near "SELCT": syntax error',
    'ORA-00942: table or view does not exist',
    "Unclosed quotation mark after the character string ''",
    'System.Data.SqlClient.SqlException: x',
  ],
  'private-key': [
    '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----',
    '-----BEGIN EC PRIVATE KEY-----\nMIIE',
    '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl',
    '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIE',
    '-----BEGIN PGP PRIVATE KEY BLOCK-----\nx',
    '-----begin rsa private key-----\nx',
    'PuTTY-User-Key-File-2: ssh-rsa',
  ],
  'card-number': [
    '4111111111111111',
    'Card: 5555-5555-5555-4444.',
    '378282246310005',
    '3782 822463 10005',
    '6011111111111117',
    '30569309025904',
    '3530111333300000',
    '2223003122003222',
    '4111 1111 1111 1111 12/27',
    '12/27 4111 1111 1111 1111',
    'x:4111111111111111,',
  ],
  token: [
    join(
      'eyJhbGciOiJIUzI1NiJ9',
      '.eyJzdWIiOiIxMjM0NTY3ODkwIn0',
      '.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
    ),
    join('AKIA', 'IOSFODNN7EXAMPLE'),
    join('ghp_', 'a'.repeat(36)),
    join('github_pat_', 'A1'.repeat(20)),
    join('xoxb-', '123456789012-abcdef'),
    join('sk_live_', '4eC39HqLyjWDarjtT1zdp7dc'),
    join('AIza', 'SyA1234567890abcdefghijklmnopqrstuv'),
    join('glpat-', 'x'.repeat(20)),
    ownKey(),
  ],
  'internal-address': [
    'http://10.1.2.3:8080/',
    'from 192.168.0.17.',
    '172.16.0.1',
    '172.31.255.255/16',
    '127.0.0.1',
    '169.254.169.254',
    '[::1]:80',
    'fe80::1%eth0',
    'fd12:3456:789a::1',
    'localhost:3000',
    'db.prod.internal',
    'metadata.google.internal',
    'printer.local',
    'shop.default.svc.cluster.local',
  ],
};
for (const [rule, texts] of Object.entries(leaks)) {
  for (const text of texts)
    test(`${rule}: ${JSON.stringify(text).slice(0, 60)}`, () =>
      assert.ok(foundIn(text).includes(rule), foundIn(text).join()));
}

const innocent: readonly string[] = [
  'Look at the menu.js: it has 12 items',
  'see shop.java: a file',
  'meet me at noon (room 12)',
  'The traceback of the parcel',
  'an error in your order',
  'Duplicate entry: please choose another',
  'a good relation does not exist',
  '-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----',
  '-----BEGIN PUBLIC KEY-----\nMIIE',
  // Order numbers, ISBN, bar codes, identifiers, times.
  '4111111111111112',
  '9783161484100',
  '978-3-16-148410-0',
  '1234567890123456',
  '1700000000000',
  '1735689600000000000',
  '20240501102030123456789',
  '0.4111111111111111',
  '4111111111111111.5',
  'a4111111111111111',
  '4111111111111111b',
  '41111111-1111-4111-8111-111111111111',
  'DE89 3704 0044 0532 0130 00',
  '+49 30 901820 4111 11',
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'eyJ is how it begins',
  join('AKIA', 'TOOSHORT'),
  join('xAKIA', 'IOSFODNN7EXAMPLE'),
  join('pck_', 'a'.repeat(28)),
  '10.50 EUR',
  '10.300.1.2',
  '11.1.2.3',
  '172.15.0.1',
  '172.32.0.1',
  '8.8.8.8',
  '1.10.0.0.1',
  'v10.2.3.4',
  'version: 10.2.3.4',
  '"appVersion":"10.2.3.4"',
  'Chrome/127.0.0.0',
  '10.0.0.1-beta',
  'fd:12:34:56:78:9a',
  'fdab:12',
  'localhosts',
  'www.localhost.example.com',
  'this.localValue',
  'org.example.internal.Thing',
];
for (const text of innocent)
  test(`nothing: ${JSON.stringify(text).slice(0, 60)}`, () => assert.deepEqual(foundIn(text), []));

test('numbers of JSON are looked at too, and masked as null', () => {
  const masking = compileRules({ rules: { 'card-number': 'mask' } } as LeakProtectionConfig);
  const masked = (text: string): string | undefined =>
    inspectContent(masking, Buffer.from(text), true)?.masked?.toString();
  assert.equal(masked('{"n":4111111111111111,"m":[5555555555554444 ]}'), '{"n":null,"m":[null ]}');
  assert.equal(masked('4111111111111111'), 'null');
  assert.equal(masked('{"n":-4111111111111111}'), '{"n":null}');
  assert.equal(masked('{"n":0.4111111111111111,"e":4111111111111111e2}'), undefined);
  assert.equal(masked('{"a":"\\u0034111111111111111 x"}'), '{"a":"*** x"}');
  assert.equal(masked('{"a":"x'), undefined);
  assert.equal(masked('{"a": 4111111111111111'), '{"a": ***', 'what is no JSON is text');
});

test('a trace goes with all of its text, a key to its end', () => {
  const masking = compileRules({
    rules: { 'stack-trace': 'mask', 'private-key': 'mask' },
  } as LeakProtectionConfig);
  const masked = (text: string, isJson: boolean): string | undefined =>
    inspectContent(masking, Buffer.from(text), isJson)?.masked?.toString();
  const trace = 'secret message\\n    at f (/a.js:1:2)\\n    at g (/a.js:3:4)';
  assert.equal(masked(`{"a":"${trace}","b":1}`, true), '{"a":"***","b":1}');
  assert.equal(masked('x\n    at f (/a.js:1:2) y\nz', false), 'x\n***\nz');
  assert.equal(
    masked('{"k":"a -----BEGIN PRIVATE KEY-----\\nMIIE+/=\\n-----END PRIVATE KEY-----\\n","b":1}', true),
    '{"k":"a ***","b":1}',
  );
});

test('many findings are counted, not listed', () => {
  const cards = JSON.stringify(Array.from({ length: 30 }, () => '4111111111111111'));
  assert.equal(
    inspectContent(rules, Buffer.from(cards), true)?.reason,
    'card-number at /0, at /1, at /2, at /3, at /4, 30 in all',
  );
});
