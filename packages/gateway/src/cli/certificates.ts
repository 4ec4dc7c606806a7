import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { selfSignedCertificate } from '../certificates/self-signed.ts';
import { ConfigurationError, type Loaded } from '../config/load.ts';
import { type Certificate, CertificateChoice } from '../listener/tls.ts';
import { StartFault } from './start-fault.ts';

/** @throws ConfigurationError naming the place of a file that cannot be read or used */
export async function readCertificates({ bundle, faultAt }: Loaded): Promise<readonly Certificate[]> {
  const https = bundle.configuration.listen.https;
  if (https === undefined) return [];
  if (https.selfSigned !== undefined) {
    const names = https.selfSigned === true ? ['localhost', '127.0.0.1', '::1'] : https.selfSigned;
    return [await selfSignedCertificate(bundle.stateFolder, names)];
  }
  return (https.certificates ?? []).map((files, index) => {
    try {
      return readCertificate(bundle.folder, files);
    } catch (error) {
      throw new ConfigurationError([
        faultAt(['listen', 'https', 'certificates', index], (error as Error).message),
      ]);
    }
  });
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
