import type { CertificateNames } from '../certificates/names.ts';
import { type Certificate, CertificateChoice } from './tls.ts';

/** One port, as it was configured; plain data. */
export interface ListenerSettings {
  /** `http`, `https`, or what `listen.internal` calls it. */
  readonly name: string;
  readonly isInternal: boolean;
  readonly host: string | undefined;
  readonly port: number;
  /** The port of https, where nothing is served without TLS. */
  readonly redirectPort: number | undefined;
  /** Undefined for plaintext. */
  readonly tls:
    | { readonly certificates: readonly Certificate[]; readonly requestsCertificates: boolean }
    | undefined;
}

/** What is to be known of a request from the listener that its connection came to. */
export class Listener {
  /** Undefined for those that everybody may reach. */
  readonly internalName: string | undefined;
  readonly redirectPort: number | undefined;
  #certificates: CertificateChoice | undefined;

  /** @throws Error when a certificate and its key do not belong together */
  constructor({
    name,
    isInternal,
    redirectPort,
    tls,
  }: Pick<ListenerSettings, 'name' | 'isInternal' | 'redirectPort' | 'tls'>) {
    this.internalName = isInternal ? name : undefined;
    this.redirectPort = redirectPort;
    this.#certificates = tls === undefined ? undefined : new CertificateChoice(tls.certificates);
  }

  /** Undefined for plaintext. */
  get certificates(): CertificateChoice | undefined {
    return this.#certificates;
  }

  /** Of the certificates that are shown at present. */
  get certificateNames(): CertificateNames | undefined {
    return this.#certificates?.names;
  }

  /** New connections see these; those that are open keep what they have. */
  setCertificates(certificates: readonly Certificate[]): void {
    if (this.#certificates !== undefined) this.#certificates = new CertificateChoice(certificates);
  }
}
