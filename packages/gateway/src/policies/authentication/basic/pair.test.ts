import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { basicCredential, type Pair, readPair } from './pair.ts';

const encode = (text: string | Buffer): string => Buffer.from(text).toString('base64');

const pairs: readonly (readonly [what: string, text: string, expected: Pair | string])[] = [
  [
    'the example of RFC 7617 section 2',
    'QWxhZGRpbjpvcGVuIHNlc2FtZQ==',
    { username: 'aladdin', password: 'open sesame' },
  ],
  ['that of section 2.1', 'dGVzdDoxMjPCow==', { username: 'test', password: '123£' }],
  ['a colon in the password', encode('a:b:c'), { username: 'a', password: 'b:c' }],
  ['a password of a colon', encode('a::'), { username: 'a', password: ':' }],
  ['no password', encode('a:'), { username: 'a', password: '' }],
  ['a name in another spelling', encode(' \uff21lice :x'), { username: 'alice', password: 'x' }],
  ['spaces of the password stay', encode('a: x '), { username: 'a', password: ' x ' }],
  ['a composed password stays as it is', encode('a:e\u0301'), { username: 'a', password: 'e\u0301' }],
  ['a mark at the start of a password', encode('a:\ufeffb'), { username: 'a', password: '\ufeffb' }],
  ['nothing', '', 'basic-empty'],
  ['no colon', encode('alice'), 'basic-no-colon'],
  ['no name', encode(':secret'), 'basic-no-username'],
  ['a name of spaces', encode(' \u00a0:secret'), 'basic-no-username'],
  ['no padding', 'YTpi'.slice(0, 2), 'basic-not-base64'],
  ['padding left out', encode('a:bc').replace('=', ''), 'basic-not-base64'],
  ['padding too much', `${encode('a:b')}====`, 'basic-not-base64'],
  ['padding in the middle', 'YT==YTpi', 'basic-not-base64'],
  ['two in one', `${encode('a:bc')}${encode('d:ef')}`, 'basic-not-base64'],
  ['bits left over', 'YTpiYx==', 'basic-not-base64'],
  [
    'the alphabet of URLs',
    encode('a:\u07ff\u07ff').replaceAll('+', '-').replaceAll('/', '_'),
    'basic-not-base64',
  ],
  ['a space in between', 'YT pi', 'basic-not-base64'],
  ['another character in between', 'YT!pi', 'basic-not-base64'],
  ['a second credential', `${encode('a:b')}, Bearer x`, 'basic-not-base64'],
  ['parameters', 'username="a"', 'basic-not-base64'],
  ['Latin-1', encode(Buffer.from('a:\u00e4', 'latin1')), 'basic-not-utf8'],
  ['an overlong colon', encode(Buffer.from([0x61, 0xc0, 0xba, 0x62, 0x3a])), 'basic-not-utf8'],
  ['half a surrogate', encode(Buffer.from([0x61, 0x3a, 0xed, 0xa0, 0x80])), 'basic-not-utf8'],
  ['a zero in the name', encode('admin\0:x'), 'basic-control-character'],
  ['a zero in the password', encode('a:x\0y'), 'basic-control-character'],
  ['a line end', encode('a:x\r\nX-Role: admin'), 'basic-control-character'],
  ['a control character of Latin-1', encode('a:x\u0085'), 'basic-control-character'],
  ['delete', encode('a\u007f:x'), 'basic-control-character'],
  ['a password that is too long', encode(`a:${'x'.repeat(257)}`), 'basic-too-long'],
  ['a credential that is too long', 'YTpi'.repeat(513), 'basic-too-long'],
  ['one of a megabyte', 'A'.repeat(1_048_576), 'basic-too-long'],
];

test('a pair is read strictly', () => {
  for (const [what, text, expected] of pairs) assert.deepEqual(readPair(text), expected, what);
});

test('the longest name and password that there can be fit', () => {
  const pair = readPair(encode(`${'\u{1f600}'.repeat(100)}:${'x'.repeat(256)}`));
  assert.equal(typeof pair, 'object');
});

test('of all texts one spelling at most is read, and what is read is what was sent', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({ unit: 'binary', maxLength: 40 }),
      (name, word) => {
        const text = encode(`${name}:${word}`);
        const pair = readPair(text);
        if (typeof pair === 'string') return;
        assert.equal(`${name}:${word}`.endsWith(pair.password), true);
        assert.doesNotMatch(pair.username, /[:\p{Cc}]/u);
        assert.equal(encode(Buffer.from(text, 'base64')), text);
      },
    ),
  );
  fc.assert(
    fc.property(
      fc.base64String({ maxLength: 60 }),
      fc.nat(59),
      fc.constantFrom('-', '_', '=', ' ', '!', '\t'),
      (text, at, character) => {
        if (text === '') return;
        const index = at % text.length;
        const changed = text.slice(0, index) + character + text.slice(index + 1);
        // At the end it may be padding, of a text that is shorter.
        if (changed === text || (character === '=' && index >= text.length - 2)) return;
        assert.equal(readPair(changed), 'basic-not-base64');
      },
    ),
  );
});

const values: readonly (readonly [value: string, expected: string | undefined])[] = [
  ['Basic YTpi', 'YTpi'],
  ['bASIC YTpi', 'YTpi'],
  ['Basic   YTpi', 'YTpi'],
  ['Basic', ''],
  ['Basic ', ''],
  ['Basically YTpi', undefined],
  ['Basic\tYTpi', undefined],
  ['Basic=YTpi', undefined],
  ['Bearer YTpi', undefined],
  ['XBasic YTpi', undefined],
  ['', undefined],
  ['Basic Basic YTpi', 'Basic YTpi'],
];

test('the scheme is Basic, in any case', () => {
  for (const [value, expected] of values) assert.equal(basicCredential(value), expected, value);
});
