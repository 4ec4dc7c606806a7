import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Certificate } from '../listener/tls.ts';

const day = 86_400_000;
/** Apple's clients take no certificate that is valid for longer than 825 days. */
const validity = 800 * day;
const renewBefore = 30 * day;

/**
 * The gateway's own certificate for trying things out: made at the first start, kept in the state folder, made
 * anew when it is about to end or the names changed. Clients that verify have to be given the file.
 */
export async function selfSignedCertificate(
  stateFolder: string,
  names: readonly string[],
): Promise<Certificate> {
  const files = { cert: join(stateFolder, 'self-signed.crt'), key: join(stateFolder, 'self-signed.key') };
  const kept = readKept(files);
  if (kept !== undefined && serves(kept.cert, names)) return kept;
  const made = await make(names);
  writeWhole(files.key, made.key, 0o600);
  writeWhole(files.cert, made.cert, 0o644);
  return made;
}

function readKept(files: { cert: string; key: string }): Certificate | undefined {
  if (!existsSync(files.cert) || !existsSync(files.key)) return undefined;
  return { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') };
}

function serves(cert: string, names: readonly string[]): boolean {
  const certificate = new X509Certificate(cert);
  if (Date.parse(certificate.validTo) - Date.now() < renewBefore) return false;
  return names.every((name) =>
    isIP(name) === 0 ? certificate.checkHost(name) !== undefined : certificate.checkIP(name) !== undefined,
  );
}

async function make(names: readonly string[]): Promise<Certificate> {
  // Loaded only now: it takes longer than the rest of the start, and is needed once.
  const { generate } = await import('selfsigned');
  const made = await generate([{ name: 'commonName', value: 'Portcullis, self-signed' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - day),
    notAfterDate: new Date(Date.now() + validity),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) => (isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name })),
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** Another process never sees half a file. */
function writeWhole(file: string, text: string, mode: number): void {
  writeFileSync(`${file}.new`, text, { mode });
  renameSync(`${file}.new`, file);
}
