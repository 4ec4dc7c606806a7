import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findTransformation } from '../../transformations/registry.ts';
import { classesOf, includes, meets } from './byte-classes.ts';
import { chainOf, classesBehind, stepOf } from './chain.ts';
import { listedTriggers, triggerOf } from './triggers.ts';

const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));

for (const name of listedTriggers)
  test(`${name} changes nothing without a byte of its classes`, () => {
    const trigger = triggerOf(name)!;
    const run = findTransformation(name)!;
    const others = bytes.filter((byte) => !meets(classesOf(byte), trigger));
    assert.ok(others.length > 90);
    for (const byte of ['', ...others]) assert.equal(run(byte), byte);
    // Mostly what transformations look for: digits, hexadecimal letters, marks.
    const likely = others.filter((byte) => /[\0-\x20!-@[-`{-~a-fux]/.test(byte));
    const text = fc.array(fc.constantFrom(...others, ...likely, ...likely, ...likely), { maxLength: 12 });
    fc.assert(
      fc.property(text, (all) => {
        const value = all.join('');
        assert.equal(run(value), value);
      }),
      { numRuns: 2_000 },
    );
  });

const mixed = fc
  .array(fc.constantFrom(...bytes, ...Array.from(' /*+%&#;\\,.axu01AZ<!-\t\xa0')), { maxLength: 12 })
  .map((all) => all.join(''));

for (const name of listedTriggers)
  test(`what comes out of ${name} has no other classes than those foreseen`, () => {
    const run = findTransformation(name)!;
    const chain = chainOf([stepOf(0, name, run)]);
    fc.assert(
      fc.property(mixed, (value) => includes(classesBehind(chain, classesOf(value)), classesOf(run(value)))),
      { numRuns: 5_000 },
    );
  });

test('one that may change any value has no classes', () => {
  for (const name of ['length', 'sha1', 'base64Decode', 'hexEncode'])
    assert.equal(triggerOf(name), undefined);
});
