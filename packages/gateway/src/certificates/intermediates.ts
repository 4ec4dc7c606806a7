/** More authorities than clients usually bring. */
const most = 64;

/**
 * Certificates of authorities that clients have brought along with their own, and that led to one that is trusted: so
 * nobody else can fill the memory. A resumed session (RFC 8446 section 2.2, RFC 5077) has the client's certificate alone,
 * and may be on another data thread, so all threads share them. Nothing of them is believed: they are candidates.
 */
export class Intermediates {
  /** By thumbprint, the ones used last at the end. */
  readonly #known = new Map<string, Buffer>();
  readonly #tell: (thumbprint: string, raw: Buffer) => void;

  /** @param tell passes on to others what is new here */
  constructor(tell: (thumbprint: string, raw: Buffer) => void = () => {}) {
    this.#tell = tell;
  }

  /** @param raw DER */
  add(thumbprint: string, raw: Buffer): void {
    const isNew = !this.#known.has(thumbprint);
    this.take(thumbprint, raw);
    if (isNew) this.#tell(thumbprint, raw);
  }

  /** What another thread has told. */
  take(thumbprint: string, raw: Buffer): void {
    this.#known.delete(thumbprint);
    this.#known.set(thumbprint, raw);
    const [oldest] = this.#known.keys();
    if (this.#known.size > most && oldest !== undefined) this.#known.delete(oldest);
  }

  /** By thumbprint. */
  get all(): ReadonlyMap<string, Buffer> {
    return this.#known;
  }
}
