import type { Fields } from '../../../http/fields.ts';
import { longestCertificate } from './x509/certificate.ts';

/** RFC 9440 section 2: what a trusted proxy says of the certificate that a client showed to it. */
export interface HandedOn {
  /** DER. */
  readonly raw: Buffer;
  readonly chain: readonly Buffer[];
}

/** Certificates that may come along with one. */
export const mostSent = 5;

/** RFC 9651 section 3.3.5; the end is looked for without going back. */
const byteSequence = /^:([A-Za-z0-9+/]*={0,2}):$/;

/** Characters of a certificate with its colons. */
const longestMember = Math.ceil(longestCertificate / 3) * 4 + 2;

/**
 * @returns undefined where the fields are not what RFC 9440 has: none is believed then
 */
export function readHandedOn(certificate: string, chain: string | undefined): HandedOn | undefined {
  const raw = readByteSequence(certificate);
  if (raw === undefined) return undefined;
  if (chain === undefined) return { raw, chain: [] };
  if (chain.length > mostSent * (longestMember + 4)) return undefined;
  const members = chain.split(',').map((each) => readByteSequence(withoutBlanks(each)));
  if (members.length > mostSent) return undefined;
  const known = members.filter((each) => each !== undefined);
  return known.length === members.length ? { raw, chain: known } : undefined;
}

/** RFC 9651 section 4.2.1. By hand, as an expression would go over a long run of blanks again and again. */
function withoutBlanks(member: string): string {
  let from = 0;
  let to = member.length;
  while (from < to && isBlank(member[from]!)) from++;
  while (to > from && isBlank(member[to - 1]!)) to--;
  return member.slice(from, to);
}

function isBlank(character: string): boolean {
  return character === ' ' || character === '\t';
}

function readByteSequence(text: string): Buffer | undefined {
  if (text.length > longestMember) return undefined;
  const base64 = byteSequence.exec(text)?.[1];
  if (base64 === undefined || base64 === '') return undefined;
  const bytes = Buffer.from(base64, 'base64');
  // With its padding, and nothing in the bits that count for nothing: one spelling.
  return bytes.toString('base64') === base64 ? bytes : undefined;
}

/**
 * The fields as one text, by which a verdict is remembered; undefined where there are none.
 * Several Client-Cert lines, and a chain without a certificate, come to a text that cannot be read.
 */
export function handedOnText(
  fields: Fields,
): { readonly certificate: string; readonly chain: string | undefined } | undefined {
  const { flat } = fields;
  let certificate: string | undefined;
  let chain: string | undefined;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i];
    if (name === 'client-cert') certificate = certificate === undefined ? flat[i + 1]! : `${certificate},`;
    else if (name === 'client-cert-chain')
      chain = chain === undefined ? flat[i + 1]! : `${chain},${flat[i + 1]}`;
  }
  if (certificate === undefined && chain === undefined) return undefined;
  return { certificate: certificate ?? '', chain };
}
