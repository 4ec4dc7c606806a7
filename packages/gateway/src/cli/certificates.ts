import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { selfSignedCertificate } from '../certificates/self-signed.ts';
import { ConfigurationError, type Loaded } from '../config/load.ts';
import { shownCertificates } from '../config/shown-certificates.ts';
import type { CertificatesByListener } from '../listener/listeners.ts';
import { type Certificate, CertificateChoice } from '../listener/tls.ts';
import { StartFault } from './start-fault.ts';

/**
 * The certificates of every listener with TLS.
 * @throws ConfigurationError naming the place of a file that cannot be read or used
 */
export async function readCertificates({ bundle, faultAt }: Loaded): Promise<CertificatesByListener> {
  const { https, internal = {} } = bundle.configuration.listen;
  const shown = new Map<string, Certificate[]>();
  if (https?.selfSigned !== undefined) {
    const names = https.selfSigned === true ? ['localhost', '127.0.0.1', '::1'] : https.selfSigned;
    shown.set('https', [await selfSignedCertificate(bundle.stateFolder, names)]);
  }
  for (const { listener, place, ...files } of shownCertificates(bundle.configuration.listen)) {
    const certificates = shown.get(listener) ?? [];
    shown.set(listener, certificates);
    try {
      certificates.push(readCertificate(bundle.folder, files));
    } catch (error) {
      throw new ConfigurationError([faultAt(place, (error as Error).message)]);
    }
  }
  const usual = shown.get('https');
  for (const [name, { plaintext }] of Object.entries(internal)) {
    if (plaintext !== true && usual !== undefined && !shown.has(name)) shown.set(name, usual);
  }
  return shown;
}

/**
 * @param folder which relative paths start from
 * @throws StartFault when a file cannot be read, or the two do not belong together
 */
export function readCertificate(folder: string, { cert, key }: { cert: string; key: string }): Certificate {
  const certificate = { cert: readPem(folder, cert), key: readPem(folder, key) };
  try {
    new CertificateChoice([certificate]);
  } catch (error) {
    throw new StartFault(certificateFault(error as NodeJS.ErrnoException, cert, key));
  }
  return certificate;
}

function readPem(folder: string, file: string): string {
  try {
    return readFileSync(resolve(folder, file), 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new StartFault(
      `${file} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : (error as Error).message}`,
    );
  }
}

function certificateFault(error: NodeJS.ErrnoException, cert: string, key: string): string {
  if (error.code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH') return `${key} is not the private key of ${cert}`;
  return `${cert} and ${key} are no PEM certificate and private key: ${error.message}`;
}
