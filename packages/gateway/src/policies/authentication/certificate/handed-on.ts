import type { Fields } from '../../../http/fields.ts';
import {
  type InnerList,
  type ItemValue,
  parseItemField,
  parseListField,
} from '../../../http/structured-field-parser.ts';
import { longestCertificate } from './x509/certificate.ts';

/** RFC 9440 section 2: what a trusted proxy says of the certificate that a client showed to it. */
export interface HandedOn {
  /** DER. */
  readonly raw: Buffer;
  readonly chain: readonly Buffer[];
}

/** Certificates that may come along with one. */
export const mostSent = 5;

/** Characters of a certificate with its colons. */
const longestMember = Math.ceil(longestCertificate / 3) * 4 + 2;

/**
 * @returns undefined where the fields are not what RFC 9440 has: none is believed then
 */
export function readHandedOn(certificate: string, chain: string | undefined): HandedOn | undefined {
  const item = certificate.length > longestMember ? undefined : parseItemField(certificate);
  const raw = item && bytesOf(item);
  if (raw === undefined) return undefined;
  if (chain === undefined) return { raw, chain: [] };
  if (chain.length > mostSent * (longestMember + 4)) return undefined;
  const members = parseListField(chain);
  if (members === undefined || members.length === 0 || members.length > mostSent) return undefined;
  const known = members.map(bytesOf).filter((each) => each !== undefined);
  return known.length === members.length ? { raw, chain: known } : undefined;
}

function bytesOf(member: ItemValue | InnerList): Buffer | undefined {
  if (member.kind !== 'item' || member.value.type !== 'binary') return undefined;
  const { value } = member.value;
  return value.length > 0 && value.length <= longestCertificate ? value : undefined;
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
