import { generate } from 'selfsigned';

export interface PemPair {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** DNS names. */
  readonly names: readonly string[];
  readonly addresses?: readonly string[];
  /** Default ec: P-256. */
  readonly keyType?: 'ec' | 'rsa';
}

/** A self-signed certificate. */
export async function makeCertificate({
  names,
  addresses = [],
  keyType = 'ec',
}: CertificateOptions): Promise<PemPair> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: names[0] ?? 'test' }], {
    keyType,
    ...(keyType === 'ec' ? { curve: 'P-256' } : { keySize: 2048 }),
    algorithm: 'sha256',
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          ...names.map((value) => ({ type: 2, value }) as const),
          ...addresses.map((ip) => ({ type: 7, ip }) as const),
        ],
      },
    ],
  });
  return { cert, key };
}
