import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { readValues } from '../testing/values.ts';
import { isSqlInjection } from './detect.ts';

const folder = join(import.meta.dirname, 'testing');
const attacks = readValues(folder, 'attacks.txt');
const innocent = readValues(folder, 'innocent.txt');

test('attacks that change a query are found', () => {
  assert.ok(attacks.length > 200);
  assert.deepEqual(
    attacks.filter((value) => !isSqlInjection(value)),
    [],
  );
});

test('prose, names, code, lessons and filters are not taken for them', () => {
  assert.ok(innocent.length > 200);
  assert.deepEqual(innocent.filter(isSqlInjection), []);
});

test('in upper case and with other white space they are the same', () => {
  for (const value of attacks) assert.ok(isSqlInjection(value.toUpperCase()), value);
  // Where blanks stand in the first comment, or are data, another byte there is another value.
  for (const blank of ['\t', '\x0c', '/**/', '/* x */', '\x01'])
    for (const value of attacks.filter((each) => !/--|#|\/\*|;/.test(each) && !/'[^']* [^']*'/.test(each)))
      assert.ok(isSqlInjection(value.replaceAll(' ', blank)), JSON.stringify(value.replaceAll(' ', blank)));
});

test('comments within an attack do not hide it', () => {
  for (const value of ['1 -- x\nor 1=1', '1 #x\nunion select 1,2', '1/*/**/or/*/**/1=1', "'/**/or/**/1=1--"])
    assert.ok(isSqlInjection(value), value);
});

test('a long beginning does not hide an attack', () => {
  assert.ok(isSqlInjection(`${'x'.repeat(100_000)}' or 1=1 -- `));
  assert.ok(isSqlInjection(`${'1+'.repeat(50_000)}1 union select 1,2`));
  assert.ok(isSqlInjection(`1${')'.repeat(10_000)} or 1=1`));
  assert.ok(isSqlInjection(`1 ${'/**/'.repeat(10_000)} or 1=1`));
});

test('whatever is sent, it ends', () => {
  const piece = fc.constantFrom(
    "'",
    '"',
    '`',
    '\\',
    '(',
    ')',
    '/*',
    '*/',
    '/*!50000',
    '--',
    '#',
    '\n',
    ' ',
    '1',
    '1.e',
    '0x',
    '@',
    '@@v',
    '[',
    ']',
    'select',
    'union',
    'from',
    'or',
    'case',
    'when',
    'end',
    'x',
    'concat',
    ';',
    'exec',
    ',',
    '=',
    '|',
    '*',
    '.',
    '\xa0',
    '\xc2',
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 60 }),
      (all) => typeof isSqlInjection(all.join('')) === 'boolean',
    ),
    { numRuns: 3_000 },
  );
  for (const unit of [
    '(',
    "'",
    "''",
    '\\',
    '/*',
    '/*!',
    '-- \n',
    'f(',
    'concat(',
    'version(',
    'a.',
    '1.e(',
    '1,',
    '[',
    '@',
    '1 in (',
    'case when ',
    "'||'",
    '"\'',
  ]) {
    isSqlInjection(unit.repeat(262_144 / unit.length));
    isSqlInjection(`1 and ${unit.repeat(262_144 / unit.length)}`);
  }
});
