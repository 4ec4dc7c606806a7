import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { readValues } from '../testing/values.ts';
import { isScript } from './detect.ts';
import { runsScript } from './urls.ts';

const folder = join(import.meta.dirname, 'testing');
const attacks = readValues(folder, 'attacks.txt');
const innocent = readValues(folder, 'innocent.txt');

test('what would run a script is found', () => {
  assert.ok(attacks.length > 100);
  assert.deepEqual(
    attacks.filter((value) => !isScript(value)),
    [],
  );
});

test('markup, code and prose without a script are not taken for it', () => {
  assert.ok(innocent.length > 80);
  assert.deepEqual(innocent.filter(isScript), []);
});

test('with a NUL in the name of an element it is the same', () => {
  assert.ok(isScript('<scr\0ipt>alert(1)</script>'));
  assert.ok(isScript('<img src=x on\0error=alert(1)>'));
});

test('an attribute that stays an attribute runs nothing, as browsers read it', () => {
  assert.equal(isScript('<img/src=x/onerror=alert(1)>'), false);
  assert.equal(isScript('<a title="<script>alert(1)</script>">x</a>'), false);
  assert.equal(isScript('<!-- <script>alert(1)</script> -->'), false);
});

test('names that objects of JavaScript have of themselves are names as others', () => {
  for (const name of ['constructor', '__proto__', 'tostring', 'hasownproperty'])
    assert.equal(isScript(`<${name} ${name}=x>&${name};</${name}>`), false, name);
});

test('schemes', () => {
  for (const url of [
    'javascript:x',
    ' \x01javascript:x',
    'java\nscript:x',
    '&#x6A;avascript:x',
    'data:text/html,x',
  ])
    assert.ok(runsScript(url), url);
  for (const url of ['https://x/javascript:x', 'data:image/png,x', 'javascripts:x', ''])
    assert.equal(runsScript(url), false, url);
});

test('whatever is sent, it ends', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '"',
    "'",
    '=',
    '/',
    ' ',
    '<!--',
    '-->',
    '--!>',
    '<script',
    '</script>',
    '<style>',
    'on',
    'onload',
    'href',
    'javascript:',
    '&#',
    '&#x6a;',
    ';',
    '/*',
    '*/',
    '\\',
    'a',
    '\0',
    '(',
    '`',
    '<a:b',
    '<?import',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (all) => typeof isScript(all.join('')) === 'boolean'),
    { numRuns: 3_000 },
  );
  for (const unit of [
    '<',
    '<a',
    '<a ',
    '<!--',
    '<!--[if',
    '<title>',
    '</title>',
    '<x:y ',
    '"',
    '" a=',
    '&#',
    '&#x',
    'on=',
    '<a style="/*',
    '/*',
    '<?import ',
    'a ',
    '=',
  ])
    isScript(unit.repeat(262_144 / unit.length));
});
