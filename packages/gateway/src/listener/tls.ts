import { createSecureContext, type SecureContext } from 'node:tls';
import { CertificateNames } from '../certificates/names.ts';

/** A certificate and its key, both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Mozilla's intermediate configuration, version 5.7, for TLS 1.2; the suites of TLS 1.3 need no choice. */
export const tlsSettings = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
  ecdhCurve: 'X25519MLKEM768:X25519:prime256v1:secp384r1',
} as const;

/** The certificates of a listener, ready to be shown. */
export class CertificateChoice {
  readonly #contexts: readonly SecureContext[];
  readonly names: CertificateNames;

  /** @throws Error when a certificate and its key do not belong together */
  constructor(certificates: readonly Certificate[]) {
    if (certificates.length === 0) throw new Error('a listener needs a certificate');
    this.#contexts = certificates.map((each) => createSecureContext({ ...each, ...tlsSettings }));
    this.names = new CertificateNames(certificates.map(({ cert }) => cert));
  }

  /** @param serverName as the client asked */
  choose(serverName: string): SecureContext {
    return this.#contexts[this.names.shownTo(serverName)]!;
  }
}
