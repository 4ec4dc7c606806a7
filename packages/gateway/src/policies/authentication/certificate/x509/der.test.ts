import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  childrenOf,
  DerFault,
  DerReader,
  type Element,
  readBoolean,
  readBytes,
  readInteger,
  readNamedBits,
  readOid,
  readSmallInteger,
  readTime,
  readWhole,
  tags,
} from './der.ts';

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');
const element = (tag: number, content: Buffer): Element => ({ tag, content, whole: content });

/** An octet string of so many bytes, after a length that is written like this. */
const long = (length: string, bytes: number): Buffer =>
  Buffer.concat([hex(`04 ${length}`), Buffer.alloc(bytes)]);

/** ITU-T X.690 sections 8.1.3 and 10.1. */
const lengths: readonly (readonly [what: string, bytes: Buffer, content: number | undefined])[] = [
  ['nothing', hex('04 00'), 0],
  ['127 bytes in the short form', long('7f', 127), 127],
  ['127 bytes in the long form', long('81 7f', 127), undefined],
  ['128 bytes', long('81 80', 128), 128],
  ['255 bytes', long('81 ff', 255), 255],
  ['255 bytes with a length of two', long('82 00ff', 255), undefined],
  ['256 bytes', long('82 0100', 256), 256],
  ['256 bytes with a length of three', long('83 000100', 256), undefined],
  ['65536 bytes', long('83 010000', 65_536), 65_536],
  ['16 MiB', long('84 01000000', 16_777_216), 16_777_216],
  ['128 bytes with a length of five', long('85 0000000080', 128), undefined],
  ['an indefinite length', hex('04 80 00 00'), undefined],
  ['an indefinite length before 128 bytes', long('80', 128), undefined],
  ['a byte too few', long('05', 4), undefined],
  ['a byte too many', long('05', 6), undefined],
  ['no length', hex('04'), undefined],
  ['a length that breaks off', hex('04 82 01'), undefined],
  ['a length that is all there is', hex('04 81 80'), undefined],
  ['no tag', hex(''), undefined],
];

for (const [what, bytes, content] of lengths) {
  test(`an element of ${what} is ${content === undefined ? 'refused' : 'read'}`, () => {
    if (content === undefined) {
      assert.throws(() => readWhole(bytes, tags.octetString), DerFault);
      return;
    }
    const read = readWhole(bytes, tags.octetString);
    assert.equal(read.content.length, content);
    assert.equal(read.whole.length, bytes.length);
  });
}

test('a tag of several bytes is none, and neither is another one than was asked for', () => {
  assert.throws(() => new DerReader(hex('1f 00')).next(), /several bytes/);
  assert.throws(() => new DerReader(hex('bf 00')).next(), /several bytes/);
  assert.equal(new DerReader(hex('9e 00')).next().tag, 0x9e);
  assert.throws(() => new DerReader(hex('04 00')).next(tags.integer), /tag 4 in the place of 2/);
});

test('elements one after the other', () => {
  const reader = new DerReader(hex('02 01 05 04 00'));
  assert.equal(reader.optional(tags.octetString), undefined);
  assert.equal(reader.next().whole.toString('hex'), '020105');
  assert.throws(() => reader.end(), /follows/);
  assert.equal(reader.optional(tags.octetString)?.content.length, 0);
  reader.end();
  assert.throws(() => reader.next(), /missing/);
});

test('an element has a thousand others at most', () => {
  const children = (count: number): number =>
    childrenOf(element(tags.sequence, Buffer.alloc(2 * count, hex('05 00')))).length;
  assert.equal(children(1_000), 1_000);
  assert.throws(() => children(1_001), /too many/);
});

/** Undefined is what must be refused. */
function table<T>(
  what: string,
  read: (content: Buffer) => T,
  rows: readonly (readonly [string, T | undefined])[],
) {
  for (const [content, expected] of rows) {
    test(`${what} of ${content === '' ? 'nothing' : content}`, () => {
      if (expected === undefined) assert.throws(() => read(hex(content)), DerFault);
      else assert.equal(read(hex(content)), expected);
    });
  }
}

/** Section 8.3. */
table('an integer', (content) => readInteger(element(tags.integer, content)), [
  ['', undefined],
  ['00', '00'],
  ['01', '01'],
  ['7f', '7F'],
  ['80', undefined],
  ['ff', undefined],
  ['0080', '80'],
  ['007f', undefined],
  ['0000', undefined],
  ['00ff01', 'FF01'],
  ['0100', '0100'],
]);

table('a small integer', (content) => readSmallInteger(element(tags.integer, content)), [
  ['05', 5],
  ['7fffffff', 2_147_483_647],
  ['00ffffffff', 4_294_967_295],
  ['0100000000', undefined],
]);

/** Section 11.1. */
table('a boolean', (content) => readBoolean(element(tags.boolean, content)), [
  ['00', false],
  ['ff', true],
  ['01', undefined],
  ['fe', undefined],
  ['', undefined],
  ['ffff', undefined],
]);

/** Section 8.19: the first two arcs share a number. */
table('an object identifier', (content) => readOid(element(tags.oid, content)), [
  ['', undefined],
  ['00', '0.0'],
  ['27', '0.39'],
  ['28', '1.0'],
  ['4f', '1.39'],
  ['50', '2.0'],
  ['8837', '2.999'],
  ['551d1e', '2.5.29.30'],
  ['2a864886f70d01010b', '1.2.840.113549.1.1.11'],
  ['80', undefined],
  ['558001', undefined],
  ['5580', undefined],
  ['551d9e', undefined],
  ['558100', '2.5.128'],
  ['55818000', '2.5.16384'],
  ['55ffffffff7f', '2.5.34359738367'],
  ['55ffffffffff7f', undefined],
  ['01'.repeat(64), `0.1${'.1'.repeat(63)}`],
  ['01'.repeat(65), undefined],
]);

/** Section 11.2: what is unused is zero. */
table('a list of bits', (content) => readNamedBits(element(tags.bitString, content)), [
  ['', undefined],
  ['00', 0],
  ['01', undefined],
  ['0780', 1],
  ['0001', 128],
  ['0006', 96],
  ['0106', 96],
  ['0206', undefined],
  ['07ff', undefined],
  ['070080', 256],
  ['078180', 385],
  ['0880', undefined],
  ['00010101', undefined],
]);

test('a bit string of bytes has no bits left over', () => {
  const read = (content: string) => readBytes(element(tags.bitString, hex(content))).toString('hex');
  assert.equal(read('00 0102'), '0102');
  assert.throws(() => read('01 0102'), DerFault);
  assert.throws(() => read(''), DerFault);
});

/** RFC 5280 sections 4.1.2.5.1 and 4.1.2.5.2. */
const times: readonly (readonly [tag: number, text: string, iso: string | undefined])[] = [
  [0x17, '491231235959Z', '2049-12-31T23:59:59.000Z'],
  [0x17, '500101000000Z', '1950-01-01T00:00:00.000Z'],
  [0x17, '000229000000Z', '2000-02-29T00:00:00.000Z'],
  [0x17, '990229000000Z', undefined],
  [0x17, '240431000000Z', undefined],
  [0x17, '241301000000Z', undefined],
  [0x17, '240101240000Z', undefined],
  [0x17, '240101000060Z', undefined],
  [0x17, '2401010000Z', undefined],
  [0x17, '240101000000', undefined],
  [0x17, '240101000000z', undefined],
  [0x17, '240101000000+0100', undefined],
  [0x17, '20240101000000Z', undefined],
  [0x17, ' 240101000000Z', undefined],
  [0x17, '240101000000Z\n', undefined],
  [0x18, '20500101000000Z', '2050-01-01T00:00:00.000Z'],
  [0x18, '99991231235959Z', '9999-12-31T23:59:59.000Z'],
  [0x18, '20500101000000.5Z', undefined],
  [0x18, '500101000000Z', undefined],
  [0x04, '20500101000000Z', undefined],
];

for (const [tag, text, iso] of times) {
  test(`the time ${JSON.stringify(text)} with the tag ${tag} is ${iso ?? 'refused'}`, () => {
    const read = (): number => readTime(element(tag, Buffer.from(text, 'latin1')));
    if (iso === undefined) assert.throws(read, DerFault);
    else assert.equal(read(), Date.parse(iso));
  });
}
