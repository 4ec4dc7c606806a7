import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DefinitionFaults, faultText } from './definition-faults.ts';

const shown = (file: string): string => file.slice(1);

test('one mistake at one place is told once', () => {
  const faults = new DefinitionFaults(shown);
  for (const message of ['It is odd.', 'It is odd.', 'It is even.'])
    faults.add({ file: '/a.json', pointer: '/x' }, 'ignored', message);
  faults.add({ file: '/a.json', pointer: '' }, 'not-checked', 'It is odd.');
  assert.deepEqual(faults.all.map(faultText), [
    'a.json at /x: It is odd; it is ignored',
    'a.json at /x: It is even; it is ignored',
    'a.json: It is odd; it is not checked',
  ]);
});

test('there is an end to them, which is told', () => {
  const faults = new DefinitionFaults(shown);
  const add = (index: number): void =>
    faults.add({ file: '/a.json', pointer: `/${index}` }, 'ignored', 'It is odd.');
  for (let index = 0; index < 10_000; index++) add(index);
  add(5);
  assert.equal(faults.all.length, 10_000);
  add(10_000);
  assert.equal(faults.all.length, 10_001);
  assert.equal(
    faultText(faults.all.at(-1)!),
    'a.json: The definition has above 10000 mistakes; the others are not listed',
  );
});
