import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiteralIndex } from './literal-index.ts';
import { RecurringFacts } from './recurring.ts';

const field = (key: string, value: string) => ({ variable: 'REQUEST_HEADERS', key, value });

test('keeps what is known of values that most requests have, and of no others', () => {
  const facts = new RecurringFacts(new LiteralIndex([]));
  const agent = field('User-Agent', 'Mozilla/5.0');
  assert.equal(facts.of(agent), facts.of({ ...agent }));
  assert.ok(facts.of({ variable: 'ARGS_NAMES', key: 'id', value: 'id' }));
  for (const secret of [
    field('Authorization', 'Bearer x'),
    field('Cookie', 'a=b'),
    { variable: 'ARGS', key: 'a', value: 'x' },
  ])
    assert.equal(facts.of(secret), undefined);
  assert.equal(facts.of(field('User-Agent', 'x'.repeat(300))), undefined);
});

test('lets go of values that are not seen again', () => {
  const facts = new RecurringFacts(new LiteralIndex([]));
  const [kept, lost] = [field('Host', 'kept'), field('Host', 'lost')];
  const [first, second] = [facts.of(kept), facts.of(lost)];
  for (let index = 0; index < 2_500; index++) {
    facts.of(field('Host', `other ${index}`));
    if (index % 500 === 0) assert.equal(facts.of(kept), first);
  }
  assert.notEqual(facts.of(lost), second);
});
