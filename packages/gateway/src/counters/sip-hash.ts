/**
 * HalfSipHash-2-4 with 64 bits of output (J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input
 * PRF", INDOCRYPT 2012, and the 32-bit variant of its reference implementation).
 *
 * Keyed, because clients choose what is hashed here (addresses in a /48, key ids, claims): with a public
 * hash they could search keys that share a bucket and push other clients' counters out of the table.
 * 32-bit words, because 64-bit ones would be BigInts.
 */
export class SipHash {
  readonly #key0: number;
  readonly #key1: number;

  /** First and second half of the last digest, as int32. */
  low = 0;
  high = 0;

  /** Two secret random words. */
  constructor(key0: number, key1: number) {
    this.#key0 = key0 | 0;
    this.#key1 = key1 | 0;
  }

  /**
   * Hashes `prefix0`, `prefix1` (four octets each) and the UTF-16 code units of `text` (two octets each, all
   * little-endian), into `low` and `high`. The prefix keeps apart equal texts of different namespaces
   * without building a string for it. Linear in the text; allocates nothing.
   */
  digest(prefix0: number, prefix1: number, text: string): void {
    let v0 = this.#key0;
    let v1 = this.#key1 ^ 0xee;
    let v2 = this.#key0 ^ 0x6c796765;
    let v3 = this.#key1 ^ 0x74656462;

    const units = text.length;
    const pairs = units >>> 1;
    for (let word = -2; word <= pairs; word++) {
      let m: number;
      if (word === -2) m = prefix0;
      else if (word === -1) m = prefix1;
      else if (word < pairs) m = text.charCodeAt(2 * word) | (text.charCodeAt(2 * word + 1) << 16);
      else m = ((8 + 2 * units) << 24) | (units & 1 ? text.charCodeAt(units - 1) : 0);

      v3 ^= m;
      for (let round = 0; round < 2; round++) {
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
      }
      v0 ^= m;
    }

    v2 ^= 0xee;
    for (let round = 0; round < 8; round++) {
      if (round === 4) {
        this.low = v1 ^ v3;
        v1 ^= 0xdd;
      }
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    this.high = v1 ^ v3;
  }
}
