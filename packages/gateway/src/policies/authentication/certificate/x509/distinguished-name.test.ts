import assert from 'node:assert/strict';
import { test } from 'node:test';
import { der, dn, type NameParts, name, oid, sequence, type Value } from '../testing/authority.ts';
import { DerFault, readWhole, tags } from './der.ts';
import { DistinguishedName } from './distinguished-name.ts';

const read = (parts: NameParts): DistinguishedName =>
  new DistinguishedName(readWhole(name(parts), tags.sequence));
const text = (tag: number, bytes: string): Value => ({ tag, bytes: Buffer.from(bytes, 'latin1') });
const pair = (one: Value, other: Value): NameParts => [
  [
    ['CN', one],
    ['OU', other],
  ],
];

/** RFC 5280 section 7.1. */
const same: readonly (readonly [what: string, one: NameParts, other: NameParts, isSame: boolean])[] = [
  ['letter by letter', dn('O=Example', 'CN=a'), dn('O=Example', 'CN=a'), true],
  ['in another case', dn('O=EXAMPLE', 'CN=Ä'), dn('O=example', 'CN=ä'), true],
  ['with other spaces', dn('CN= a  b '), dn('CN=a b'), true],
  ['without a space', dn('CN=ab'), dn('CN=a b'), false],
  ['in another kind of string', [[['CN', text(0x13, 'a')]]], dn('CN=a'), true],
  ['in a kind that is not decoded', [[['CN', text(0x14, 'a')]]], dn('CN=a'), false],
  ['twice in a kind that is not decoded', [[['CN', text(0x14, 'a')]]], [[['CN', text(0x14, 'a')]]], true],
  ['of compatible letters', dn('CN=\uff41'), dn('CN=a'), true],
  ['of letters that look alike', dn('CN=\u0430'), dn('CN=a'), false],
  ['of another type', dn('CN=a'), dn('O=a'), false],
  ['in another order', dn('O=a', 'CN=b'), dn('CN=b', 'O=a'), false],
  ['with one part more', dn('O=a'), dn('O=a', 'CN=b'), false],
  ['one part in another order', pair('a', 'b'), [pair('a', 'b')[0]!.toReversed()], true],
  ['one part for two', pair('a', 'b'), dn('CN=a', 'OU=b'), false],
  ['a value that looks like two', dn('CN=a"+2.5.4.11="b'), pair('a', 'b'), false],
  ['nothing', [], [], true],
];

for (const [what, one, other, isSame] of same) {
  test(`names ${what} are ${isSame ? 'the same' : 'different'}`, () => {
    assert.equal(read(one).isSame(read(other)), isSame);
    assert.equal(read(other).isSame(read(one)), isSame);
  });
}

/** A value that is not decoded may be any text for whoever decodes it. */
const within: readonly (readonly [inner: NameParts, outer: NameParts, is: boolean, may: boolean])[] = [
  [dn('O=a', 'CN=b'), dn('O=a'), true, true],
  [dn('O=a', 'CN=b'), dn('O=a', 'CN=b'), true, true],
  [dn('O=a', 'CN=b'), [], true, true],
  [dn('O=a'), dn('O=a', 'CN=b'), false, false],
  [[], dn('O=a'), false, false],
  [dn('O=x', 'CN=b'), dn('O=a'), false, false],
  [dn('CN=b', 'O=a'), dn('O=a'), false, false],
  [[[['O', text(0x14, 'x')]], ...dn('CN=b')], dn('O=a'), false, true],
  [dn('O=a', 'CN=b'), [[['O', text(0x14, 'x')]]], false, true],
  [[...dn('O=x'), [['CN', text(0x14, 'b')]]], dn('O=a', 'CN=b'), false, false],
  [pair('a', text(0x14, 'x')), pair('a', 'b'), false, true],
];

for (const [inner, outer, is, may] of within) {
  test(`${read(inner).text || 'nothing'} within ${read(outer).text || 'nothing'}: ${is}, or it may be: ${may}`, () => {
    assert.equal(read(inner).isWithin(read(outer)), is);
    assert.equal(read(inner).mayBeWithin(read(outer)), may);
  });
}

const repeated = (count: number): string[] => Array<string>(count).fill('CN=a');

test('a name has some parts, and a part some attributes', () => {
  assert.equal(read(dn(...repeated(64))).values('cn').length, 64);
  assert.throws(() => read(dn(...repeated(65))), DerFault);
  assert.equal(read([dn(...repeated(8)).flat()]).values('cn').length, 8);
  assert.throws(() => read([dn(...repeated(9)).flat()]), DerFault);
  assert.throws(() => read([[]]), DerFault);
  assert.equal(read([]).isEmpty, true);
  assert.equal(read(dn('CN=a')).isEmpty, false);
});

test('an attribute is a type and a value', () => {
  const of = (...parts: readonly Buffer[]): DistinguishedName =>
    new DistinguishedName(readWhole(sequence(der(tags.set, sequence(...parts))), tags.sequence));
  const value = der(tags.utf8String, Buffer.from('a'));
  assert.deepEqual(of(oid('2.5.4.3'), value).values('cn'), ['a']);
  for (const parts of [[], [oid('2.5.4.3')], [value, value], [oid('2.5.4.3'), value, value]])
    assert.throws(() => of(...parts), DerFault);
});

const strings: readonly (readonly [what: string, value: Value, isRead: boolean])[] = [
  ['all of a printable string', text(0x13, "Az09 '()+,-./:=?*@&_"), true],
  ['a semicolon in one', text(0x13, ';'), false],
  ['visible ASCII in an IA5 string', text(0x16, ' ~'), true],
  ['a DEL in one', text(0x16, '\x7f'), false],
  ['a tab in one', text(0x16, '\t'), false],
  ['a letter beyond ASCII in one', text(0x16, '\xe4'), false],
  ['a byte order mark', '\ufeffa', true],
  ['half of a letter', text(0x0c, '\xc3'), false],
  ['a letter in more bytes than it needs', text(0x0c, '\xc0\xaf'), false],
  ['half of a surrogate pair', text(0x0c, '\xed\xa0\x80'), false],
  ['a line separator', 'a\u2028', false],
  ['a paragraph separator', 'a\u2029', false],
  ['a control character beyond ASCII', 'a\u0085', false],
];

for (const [what, value, isRead] of strings) {
  test(`${what} is ${isRead ? 'read' : 'refused'}`, () => {
    const values = (): number => read([[['CN', value]]]).values('cn').length;
    if (isRead) assert.equal(values(), 1);
    else assert.throws(values, DerFault);
  });
}

test('what stands for itself in a text does so only where it cannot be taken for something else', () => {
  assert.notEqual(read(dn('CN=\ufeffa')).text, read(dn('CN=a')).text);
  assert.equal(read(dn('CN=a b')).text, 'CN=a b');
  assert.equal(read(dn('CN=a ', 'O=#b')).text, 'O=\\#b,CN=a\\ ');
});

test('values are those of the attribute, in the order of the certificate', () => {
  const subject = read([...dn('O=o', 'CN=a', 'OU=u', 'emailAddress=e'), ...pair('b', 'v')]);
  assert.deepEqual(subject.values('cn'), ['a', 'b']);
  assert.deepEqual(subject.values('ou'), ['u', 'v']);
  assert.deepEqual(subject.values('o'), ['o']);
  assert.deepEqual(subject.values('emailAddress'), ['e']);
});
