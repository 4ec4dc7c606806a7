import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { SipHash } from './sip-hash.ts';

/** The reference implementation's 64-bit vectors of HalfSipHash-2-4: key 00 01 .. 07, message 00 01 .. of the
 *  stated length. Those that a prefix of 8 octets and whole UTF-16 units can express. */
const VECTORS: readonly (readonly [octets: number, digest: string])[] = [
  [8, 'edfee820bce4858c'],
  [10, '95b0469f06a6f2ee'],
  [12, '7bc71f9faef5c799'],
  [14, '3bb1a870eae8e658'],
  [16, '7336aad25f7bf3b5'],
  [18, 'c9b2db2b9a3e42f9'],
  [20, '1bf52b0a6feea7db'],
  [22, 'e20103fa1ba776ef'],
  [24, '70741045ae3fa6f1'],
  [26, '0d899ed8112923f0'],
  [28, '2d925ffb1e0016b5'],
  [30, '291aaf864898179d'],
  [32, '28709d46d811626c'],
  [34, '8324e4d7528f9830'],
  [36, '86d67a40ec4276dc'],
  [38, 'cbd92ee724d42109'],
  [40, '5b38c81c67c8ae4c'],
  [42, 'a91a52c025327024'],
  [44, '1e30f3ad27dcb15a'],
  [46, '495c0f995557dc38'],
  [48, 'a9eaa8c04ba93e3e'],
  [50, '912d568fd8f65a49'],
  [52, '02445a7998f550e1'],
  [54, '359569e7d289e3bc'],
  [56, 'a1a492f942f15f1d'],
  [58, '5d1b5ea1b231d89d'],
  [60, 'd6762890bf26e460'],
  [62, 'f90b3ab572d46693'],
];

function hex(hash: SipHash): string {
  const octets = Buffer.alloc(8);
  octets.writeInt32LE(hash.low, 0);
  octets.writeInt32LE(hash.high, 4);
  return octets.toString('hex');
}

suite('HalfSipHash-2-4', () => {
  for (const [length, digest] of VECTORS) {
    test(`${length} octets`, () => {
      const message = Buffer.from(Array.from({ length }, (_, i) => i));
      const hash = new SipHash(0x03020100, 0x07060504);
      hash.digest(message.readInt32LE(0), message.readInt32LE(4), message.subarray(8).toString('utf16le'));
      assert.equal(hex(hash), digest);
    });
  }

  test('key, prefix and text each matter', () => {
    const digests = new Set<string>();
    for (const [key, prefix, text] of [
      [1, 1, 'a'],
      [2, 1, 'a'],
      [1, 2, 'a'],
      [1, 1, 'b'],
      [1, 1, 'a\0'],
      [1, 1, ''],
      [1, 1, '\u0161'],
    ] as const) {
      for (const [key1, prefix1] of [
        [0, 0],
        [key, 0],
        [0, prefix],
      ] as const) {
        const hash = new SipHash(key, key1);
        hash.digest(prefix, prefix1, text);
        digests.add(hex(hash));
      }
    }
    assert.equal(digests.size, 21);
  });

  test('one changed bit of the text changes about half of the digest', () => {
    let flips = 0;
    let trials = 0;
    const text = fc.string({ minLength: 1, maxLength: 40, unit: 'binary' });
    fc.assert(
      fc.property(text, fc.nat(), fc.integer({ min: 0, max: 15 }), fc.integer(), (text, at, bit, key) => {
        const i = at % text.length;
        const other =
          text.slice(0, i) + String.fromCharCode(text.charCodeAt(i) ^ (1 << bit)) + text.slice(i + 1);
        const a = new SipHash(key, 7);
        const b = new SipHash(key, 7);
        a.digest(1, 2, text);
        b.digest(1, 2, other);
        flips += ones(a.low ^ b.low) + ones(a.high ^ b.high);
        trials++;
      }),
      { numRuns: 2000, seed: 42 },
    );
    assert.ok(Math.abs(flips / trials - 32) < 1, `${flips / trials} of 64 bits`);
  });

  test('spreads addresses evenly over buckets', () => {
    const hash = new SipHash(0x1234, 0x5678);
    const counts = new Array<number>(256).fill(0);
    for (let i = 0; i < 65_536; i++) {
      hash.digest(0, 0, `10.0.${i >>> 8}.${i & 255}`);
      counts[hash.low >>> 24]!++;
    }
    // chi-square of 255 degrees of freedom: mean 255, standard deviation 22.6
    const chiSquare = counts.reduce((sum, count) => sum + (count - 256) ** 2 / 256, 0);
    assert.ok(chiSquare > 150 && chiSquare < 370, `${chiSquare}`);
  });
});

function ones(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
