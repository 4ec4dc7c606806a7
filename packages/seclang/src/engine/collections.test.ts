import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CollectionStore, StoredCollection } from './collections.ts';
import { compileRules } from './engine.ts';
import { maximumStoredMembers } from './limits.ts';
import { exchange, ruleSet } from './testing/exchange.ts';

const counting = [
  'SecCollectionTimeout 60',
  'SecAction "id:1,phase:1,nolog,initcol:ip=%{REMOTE_ADDR}"',
  'SecRule ARGS:hit "@eq 1" "id:2,phase:1,setvar:ip.n=+1,expirevar:ip.n=10"',
  'SecRule IP:N "@ge 1" "id:3,phase:1,setvar:tx.seen=%{ip.n}"',
  'SecRule &IP:n "@eq 0" "id:4,phase:1,setvar:tx.none=%{ip.is_new}"',
].join('\n');

function counter() {
  const clock = { now: 1_000_000 };
  const store = new CollectionStore(2);
  const engine = compileRules(ruleSet(counting), { now: () => clock.now, store });
  const seen = (peerAddress: string, target = '/') =>
    exchange(engine, { peerAddress, target }).variable('seen');
  return { clock, store, seen };
}

test('counts across transactions, for each key', () => {
  const { seen } = counter();
  assert.equal(seen('10.0.0.1', '/?hit=1'), '1');
  assert.equal(seen('10.0.0.1', '/?hit=1'), '2');
  assert.equal(seen('10.0.0.1'), '2');
  assert.equal(seen('10.0.0.2'), undefined);
});

test('a member expires when it is told to', () => {
  const { clock, seen } = counter();
  seen('10.0.0.1', '/?hit=1');
  clock.now += 9_999;
  assert.equal(seen('10.0.0.1'), '1');
  clock.now += 1;
  assert.equal(seen('10.0.0.1'), undefined);
});

test('a collection that is not written to goes after its time', () => {
  const { clock, store } = counter();
  const collection = new StoredCollection('k', clock.now);
  store.keep('IP', collection, clock.now);
  assert.equal(store.find('IP', 'k', clock.now + 59_999, 60_000), collection);
  assert.equal(store.find('IP', 'k', clock.now + 60_000, 60_000), undefined);
  assert.equal(store.size, 0);
});

test('of too many, the one that was written to first goes', () => {
  const { store, seen } = counter();
  for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.1', '10.0.0.3']) seen(address, '/?hit=1');
  assert.equal(store.size, 2);
  assert.equal(seen('10.0.0.1'), '2');
  assert.equal(seen('10.0.0.2'), undefined);
});

test('one that nothing is written to is not kept', () => {
  const { store, seen } = counter();
  seen('10.0.0.1');
  assert.equal(store.size, 0);
});

test('of too many members, the oldest goes', () => {
  const collection = new StoredCollection('k', 0);
  for (let index = 0; index <= maximumStoredMembers; index++) collection.set(`m${index}`, '1');
  assert.deepEqual([collection.get('m0', 0), collection.get('M1', 0)], [undefined, '1']);
  assert.equal(collection.items('IP', 0).length, maximumStoredMembers);
});

test('two transactions that begin a collection at once do not undo each other', () => {
  const rules = [
    'SecAction "id:1,phase:1,nolog,initcol:ip=%{REMOTE_ADDR}"',
    'SecAction "id:2,phase:2,setvar:ip.n=+1,setvar:tx.seen=%{ip.n}"',
  ];
  const engine = compileRules(ruleSet(rules.join('\n')), { now: () => 0 });
  const head = { method: 'GET', target: '/', protocol: 'HTTP/1.1', fields: [], peerAddress: '::1' };
  const both = [engine.transaction(head), engine.transaction(head)];
  for (const transaction of both) transaction.requestHead();
  for (const transaction of both) transaction.requestBody();
  assert.deepEqual(
    both.map((transaction) => transaction.variable('seen')),
    ['1', '2'],
  );
});

test('without initcol nothing is set', () => {
  const engine = compileRules(
    ruleSet('SecAction "id:1,phase:1,setvar:ip.n=1"\nSecRule &IP:n "@eq 0" "id:2,phase:1,setvar:tx.none=1"'),
  );
  assert.equal(exchange(engine).variable('none'), '1');
});

test('sessions and users have collections too', () => {
  const rules =
    'SecRule ARGS:s "@rx ." "id:1,phase:1,setsid:%{MATCHED_VAR},setvar:session.n=+1,setvar:tx.id=%{SESSIONID},setvar:tx.n=%{session.n}"';
  const engine = compileRules(ruleSet(rules), { now: () => 0 });
  exchange(engine, { target: '/?s=a' });
  const again = exchange(engine, { target: '/?s=a' });
  assert.deepEqual([again.variable('id'), again.variable('n')], ['a', '2']);
  assert.equal(exchange(engine, { target: '/?s=b' }).variable('n'), '1');
});
