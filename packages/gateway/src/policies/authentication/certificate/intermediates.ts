import type { Certificate } from './x509/certificate.ts';

/** Authorities of which a client has brought the certificate; more are not kept. */
const most = 64;

/**
 * Authorities between a client's certificate and an anchor that clients have sent. On a resumed session (RFC 8446 section
 * 2.2, RFC 5077) there is the client's certificate alone, so that what an earlier handshake brought has to be at hand.
 * Only those are kept that an anchor vouched for, so that nobody else can fill the memory; they are validated anew with
 * each certificate.
 */
export class IntermediateMemory {
  /** By fingerprint, the ones used last at the end. */
  readonly #known = new Map<string, Certificate>();

  /** Those that may stand above a certificate. */
  above(leaf: Certificate): Certificate[] {
    const found: Certificate[] = [];
    let level = [leaf];
    for (let depth = 0; depth < 3 && level.length > 0; depth++) {
      level = [...this.#known.values()].filter(
        (each) => !found.includes(each) && level.some((below) => below.mayBeIssuedBy(each)),
      );
      found.push(...level);
    }
    return found;
  }

  /**
   * @param path what was found to be valid
   * @param sent what came along with the certificate
   */
  remember(path: readonly Certificate[], sent: readonly Certificate[]): void {
    for (const each of path) {
      if (!sent.includes(each)) continue;
      this.#known.delete(each.fingerprint);
      this.#known.set(each.fingerprint, each);
      const [oldest] = this.#known.keys();
      if (this.#known.size > most && oldest !== undefined) this.#known.delete(oldest);
    }
  }
}
