import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { PlacedFault } from '../../../policy.ts';
import type { CertificateConfig } from './schema.ts';
import { Certificate } from './x509/certificate.ts';
import type { Trust } from './x509/path.ts';
import { pemBlocks } from './x509/pem.ts';
import { RevocationList } from './x509/revocation-list.ts';

/** The option that names a file, and which of several it is. */
export type FilePlace = readonly (string | number)[];

/** Something that was read of a file, and where that is named. */
export interface FromFile<T> {
  readonly value: T;
  /** As it is written. */
  readonly file: string;
  readonly place: FilePlace;
}

/** What the files of an authenticator hold. */
export interface CertificateFiles {
  readonly authorities: readonly FromFile<Certificate>[];
  readonly lists: readonly FromFile<RevocationList>[];
}

/** Bytes. A list of a million certificates has some forty million. */
const largestFile = 67_108_864;

/** More authorities than anybody trusts at once. */
const mostAuthorities = 256;

/** The files that a configuration names, as it writes them. */
export function certificateFiles({ ca, crl }: CertificateConfig): string[] {
  return [...placesOf('ca', ca), ...placesOf('crl', crl)].map(({ file }) => file);
}

/**
 * @param name of the authenticator
 * @param folder which relative paths start from
 * @throws AggregateError of PlacedFault: all that is wrong with the files
 */
export function readCertificateFiles(
  name: string,
  { ca, crl }: CertificateConfig,
  folder: string,
): CertificateFiles {
  const faults: PlacedFault[] = [];
  const at = (place: FilePlace): FilePlace => ['authenticators', name, 'certificate', ...place];
  const each = <T>(
    places: readonly Named[],
    read: (bytes: Buffer, file: string) => readonly T[],
  ): FromFile<T>[] =>
    places.flatMap(({ file, place }) => {
      try {
        return read(readBytes(file, folder), file).map((value) => ({ value, file, place }));
      } catch (error) {
        faults.push(new PlacedFault(at(place), (error as Error).message));
        return [];
      }
    });
  const authorities = each(placesOf('ca', ca), readAuthorities);
  const lists = each(placesOf('crl', crl), (bytes, file) => [readList(bytes, file)]);
  if (authorities.length > mostAuthorities)
    faults.push(new PlacedFault(at(['ca']), `there are more than ${mostAuthorities} authorities in all`));
  if (faults.length > 0) throw new AggregateError(faults, 'the files of an authenticator cannot be used');
  return { authorities, lists };
}

/**
 * An authority is trusted if none of the others signed it: so a bundle may begin with a root, or with the only
 * authority below it whose clients are welcome.
 */
export function trustOf({ authorities, lists }: CertificateFiles, { crl, crlFor }: CertificateConfig): Trust {
  const all = authorities.map(({ value }) => value);
  const isSignedHere = (certificate: Certificate): boolean =>
    all.some(
      (each) =>
        !each.raw.equals(certificate.raw) && certificate.mayBeIssuedBy(each) && certificate.isSignedBy(each),
    );
  // Two roots that sign each other would be left out both.
  const isAnchor = (each: Certificate): boolean => each.isSelfIssued || !isSignedHere(each);
  return {
    anchors: all.filter(isAnchor),
    intermediates: all.filter((each) => !isAnchor(each)),
    revocation:
      crl === undefined ? undefined : { lists: lists.map(({ value }) => value), for: crlFor ?? 'chain' },
  };
}

interface Named {
  readonly file: string;
  readonly place: FilePlace;
}

function placesOf(option: string, files: string | readonly string[] | undefined): Named[] {
  if (files === undefined) return [];
  if (typeof files === 'string') return [{ file: files, place: [option] }];
  return files.map((file, index) => ({ file, place: [option, index] }));
}

function readBytes(file: string, folder: string): Buffer {
  const path = resolve(folder, file);
  try {
    if (statSync(path).size > largestFile) throw new Error('it is larger than 64 MiB');
    return readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`${file} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : message}`);
  }
}

function readAuthorities(bytes: Buffer, file: string): Certificate[] {
  const blocks = pemBlocks(bytes.toString('latin1'), ['CERTIFICATE', 'X509 CERTIFICATE']);
  if (blocks.length === 0) throw new Error(`${file} holds no certificate in PEM`);
  return blocks.map((raw, index) => {
    const which = blocks.length === 1 ? file : `certificate ${index + 1} of ${file}`;
    let read: Certificate;
    try {
      read = new Certificate(raw);
    } catch (error) {
      throw new Error(`${which} cannot be read: ${(error as Error).message}`);
    }
    if (!read.isAuthority) throw new Error(`${which}, ${read.subject.text}, is not of an authority`);
    if (!read.hasStrongKey)
      throw new Error(`${which}, ${read.subject.text}, has a key that is too weak, or not known`);
    return read;
  });
}

function readList(bytes: Buffer, file: string): RevocationList {
  const text = bytes.toString('latin1');
  const blocks = text.includes('-----BEGIN ') ? pemBlocks(text, ['X509 CRL']) : [bytes];
  if (blocks.length !== 1)
    throw new Error(`${file} holds ${blocks.length} lists of revoked certificates; one is needed`);
  try {
    return new RevocationList(blocks[0]!);
  } catch (error) {
    throw new Error(`${file} is no usable list of revoked certificates: ${(error as Error).message}`);
  }
}
