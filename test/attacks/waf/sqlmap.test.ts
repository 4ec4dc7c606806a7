import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, test } from 'node:test';
import { startShop } from '../../../examples/bookshop/test-shop.ts';
import { startGateway } from '../../harness/gateway.ts';
import { waitFor } from '../../harness/wait.ts';
import { noSqlmap, runSqlmap } from './sqlmap.ts';

/** sqlmap and the search of the Bookshop, with nothing between them and with nothing but the rules of `waf`. */

const crs = '/usr/share/modsecurity-crs';
const noCrs = existsSync(crs) ? false : 'the Debian package modsecurity-crs is not installed';

const shop = await startShop();
after(() => shop.stop());
const api = (name: string, rules: string): string => `
  ${name}:
    basePath: /${name}
    upstream: { targets: ['${shop.origin}'], stripBasePath: true }
    policies: { rate-limit: off, waf: { rules: '${rules}' } }`;
const gateway = await startGateway(
  { after },
  {
    config: `
listen: { http: { port: 0, plaintext: true } }
threads: 1
policies: { authentication: none, access-log: { to: { file: access.log } } }
apis:${api('core', 'core')}${noCrs === false ? api('crs', `crs:${crs}`) : ''}
`,
  },
);

/** What there is to win: named, so that it need not be guessed. */
const goal = { '-p': 'q', '--dbms': 'SQLite', '-T': 'customers', '-C': 'email,passwordHash', '--stop': '2' };

/** Ways to look for it, each of which finds it where nothing is in between. */
const searches: readonly (readonly [name: string, options: Readonly<Record<string, string>>])[] = [
  ['everything that it knows', { '--technique': 'BEUSTQ', '--level': '5', '--risk': '3', '--time-sec': '2' }],
  ['blanks written as comments', { '--technique': 'BU', '--tamper': 'space2comment' }],
  ['any case, all of it percent-encoded', { '--technique': 'BU', '--tamper': 'randomcase,charencode' }],
  ['&& and || for words', { '--technique': 'BU', '--tamper': 'symboliclogical' }],
];

for (const [name, options] of searches) {
  test(`${name}: the injection is found, and passwords are read`, { skip: noSqlmap }, async (t) => {
    const found = await runSqlmap(t, `${shop.origin}/search?q=emma`, { ...goal, ...options });
    assert.ok(found.injections.includes('q (GET): UNION query'), found.report);
    assert.match(found.dumped, /admin@example\.com,"?scrypt\$/);
  });

  for (const [rules, skip] of [
    ['core', noSqlmap],
    ['crs', noSqlmap || noCrs],
  ] as const) {
    test(`${name}: nothing is found behind the rules of ${rules}`, { skip }, async (t) => {
      const [before, address] = [refusals(), `${gateway.http}/${rules}/search?q=emma`];
      const found = await runSqlmap(t, address, { ...goal, ...options });
      assert.deepEqual(found.injections, [], found.report);
      assert.equal(found.dumped, '');
      assert.doesNotMatch(found.report, /scrypt\$/);
      assert.match(found.report, /all tested parameters do not appear to be injectable/);
      await waitFor('the records of refusals', () => refusals() >= before + 5);
      // It was the attack that did not get through, not the search.
      const asked = await fetch(address);
      assert.equal(asked.status, 200);
      assert.match(await asked.text(), /"title":"Emma"/);
    });
  }
}

function refusals(): number {
  return gateway
    .accessLog()
    .filter((each) => (each['refusal'] as { policy?: string } | undefined)?.policy === 'waf').length;
}
