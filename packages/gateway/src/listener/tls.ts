import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';

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

/** The certificates of a listener by the names in them (RFC 6066 section 3, RFC 9525 section 6.3). */
export class CertificateChoice {
  readonly #exact = new Map<string, SecureContext>();
  /** By what follows the first label: one label is what a wildcard stands for. */
  readonly #wildcard = new Map<string, SecureContext>();
  readonly #first: SecureContext;

  /** @throws Error when a certificate and its key do not belong together */
  constructor(certificates: readonly Certificate[]) {
    let first: SecureContext | undefined;
    for (const certificate of certificates) {
      const context = createSecureContext({ ...certificate, ...tlsSettings });
      first ??= context;
      for (const name of namesOf(certificate.cert)) {
        const table = name.startsWith('*.') ? this.#wildcard : this.#exact;
        const key = name.startsWith('*.') ? name.slice(2) : name;
        if (!table.has(key)) table.set(key, context);
      }
    }
    if (first === undefined) throw new Error('a listener needs a certificate');
    this.#first = first;
  }

  /** @param serverName as the client asked; the first certificate serves whoever asks for none that we have */
  choose(serverName: string): SecureContext {
    const name = serverName.toLowerCase();
    return this.#exact.get(name) ?? this.#wildcard.get(name.slice(name.indexOf('.') + 1)) ?? this.#first;
  }
}

/** DNS names in the certificate's subjectAltName, lower-case. */
function namesOf(pem: string): string[] {
  const { subjectAltName } = new X509Certificate(pem);
  if (subjectAltName === undefined) return [];
  return [...subjectAltName.matchAll(/DNS:([^,\s"]+)/g)].map(([, name]) => name!.toLowerCase());
}
