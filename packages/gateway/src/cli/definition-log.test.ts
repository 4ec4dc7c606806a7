import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Loaded } from '../config/load.ts';
import { logDefinitionFaults } from './definition-log.ts';

test('of the mistakes in a definition the first are logged, and how many there are', () => {
  const faults = (api: string, count: number): Loaded['definitionFaults'] =>
    Array.from({ length: count }, (_, index) => ({
      api,
      place: `${api}.json at /${index}`,
      message: 'It is odd.',
      effect: 'ignored',
    }));
  const lines: string[] = [];
  logDefinitionFaults([...faults('a', 4), ...faults('b', 3)], (line) => lines.push(line));
  assert.deepEqual(lines, [
    'api a: a.json at /0: It is odd; it is ignored',
    'api a: a.json at /1: It is odd; it is ignored',
    'api a: a.json at /2: It is odd; it is ignored',
    'api a: the definition has 4 such mistakes; portcullis check lists them',
    'api b: b.json at /0: It is odd; it is ignored',
    'api b: b.json at /1: It is odd; it is ignored',
    'api b: b.json at /2: It is odd; it is ignored',
  ]);
});
