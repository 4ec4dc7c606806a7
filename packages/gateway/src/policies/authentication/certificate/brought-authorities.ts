import type { Intermediates } from '../../../certificates/intermediates.ts';
import { thumbprintOf } from './principal.ts';
import { Certificate } from './x509/certificate.ts';

/** What clients have brought, read once. */
export class BroughtAuthorities {
  readonly #source: Intermediates;
  #read = new Map<string, Certificate>();

  constructor(source: Intermediates) {
    this.#source = source;
  }

  /** Those that may stand above a certificate; they are validated like any other. */
  above(leaf: Certificate): Certificate[] {
    const all = this.#all();
    const found: Certificate[] = [];
    let level = [leaf];
    while (level.length > 0) {
      level = all.filter((each) => !found.includes(each) && level.some((below) => below.mayBeIssuedBy(each)));
      found.push(...level);
    }
    return found;
  }

  /**
   * @param path what was found to be valid
   * @param sent what came along with the certificate
   */
  remember(path: readonly Certificate[], sent: readonly Certificate[]): void {
    // The last one is trusted: it is in the bundle.
    for (const each of path.slice(1, -1))
      if (sent.includes(each)) this.#source.add(thumbprintOf(each.raw), each.raw);
  }

  #all(): Certificate[] {
    const read = new Map<string, Certificate>();
    for (const [thumbprint, raw] of this.#source.all)
      read.set(thumbprint, this.#read.get(thumbprint) ?? new Certificate(raw));
    this.#read = read;
    return [...read.values()];
  }
}
