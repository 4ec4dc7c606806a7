import { createHmac, timingSafeEqual } from 'node:crypto';

/** A nonce is given out for so long, and accepted for as long again. Milliseconds. */
const lifetime = 120_000;

/**
 * Nonces for DPoP proofs (RFC 9449 section 9). Nothing is kept of them: a nonce is the number of a stretch of time with a
 * keyed hash of it, so that each thread, and each gateway that has the secret, accepts those of the others.
 */
export class DpopNonces {
  readonly #secret: Buffer;
  #slot = -1;
  #current: Buffer = Buffer.alloc(0);
  #previous: Buffer = Buffer.alloc(0);

  /** @param secret 32 bytes or more */
  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  /** The one to give out. @param now milliseconds since the epoch */
  current(now: number): string {
    this.#turn(now);
    return this.#current.toString('latin1');
  }

  /** @returns `old` for one that will soon be accepted no longer, so that the caller is given the next one */
  judge(nonce: string, now: number): 'current' | 'old' | 'unknown' {
    this.#turn(now);
    const given = Buffer.from(nonce, 'latin1');
    if (given.length !== this.#current.length) return 'unknown';
    if (timingSafeEqual(given, this.#current)) return 'current';
    return timingSafeEqual(given, this.#previous) ? 'old' : 'unknown';
  }

  #turn(now: number): void {
    const slot = Math.floor(now / lifetime);
    if (slot === this.#slot) return;
    this.#slot = slot;
    this.#current = this.#make(slot);
    this.#previous = this.#make(slot - 1);
  }

  #make(slot: number): Buffer {
    const mac = createHmac('sha256', this.#secret).update(`portcullis dpop nonce ${slot}`).digest();
    return Buffer.from(`${slot.toString(36)}.${mac.subarray(0, 18).toString('base64url')}`, 'latin1');
  }
}
