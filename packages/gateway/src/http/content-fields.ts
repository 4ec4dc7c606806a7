import type { Fields } from './fields.ts';

/** Fields that hold a checksum of the content (RFC 9530, and what came before it): wrong once it was changed. */
const checksums: readonly string[] = ['content-digest', 'repr-digest', 'digest', 'content-md5'];

export function removeChecksums(fields: Fields): void {
  for (const name of checksums) fields.remove(name);
}

/** Has the service answer with whole and unencoded content, which can be looked into. */
export function askForWhole(upstreamFields: Fields): void {
  upstreamFields.remove('range');
  upstreamFields.remove('if-range');
  upstreamFields.set('accept-encoding', 'identity');
}
