import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countGroups } from './count-groups.ts';

test('counts what captures, and not what looks like it', () => {
  assert.equal(countGroups('(a)(?<b>c)(?P<d>e)' + "(?'f'g)"), 4);
  assert.equal(countGroups('(?:a)(?=b)(?<=c)(?<!d)(?i)(?#x)'), 0);
  assert.equal(countGroups('\\((a)[(](b)[]()]\\Q(\\E(c)[[:alpha:](]'), 3);
});
