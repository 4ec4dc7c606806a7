import type { RequestHead } from '@portcullis/seclang';
import type { Body, Head, Known } from '../../exchange.ts';

/**
 * The request as the rules get to see it: as it arrived, but for what the gateway has changed in the body. Rules would look
 * for a coding or a charset that the body no longer has.
 */
export function requestHead(request: Head & Known & Body): RequestHead {
  return {
    method: request.method,
    target: request.rawTarget,
    protocol: request.httpVersion === '2' ? 'HTTP/2.0' : `HTTP/${request.httpVersion}`,
    fields: fieldsOf(request),
    peerAddress: request.clientAddress,
    id: request.id,
    ...(request.principal !== undefined && { user: request.principal.subject }),
  };
}

function fieldsOf({ rawFields, fields, authority, httpVersion }: Head): readonly string[] {
  const seen: string[] = [];
  // On HTTP/2 the name of the host is no field.
  if (httpVersion === '2' && !hasField(rawFields, 'host')) seen.push('host', authority);
  for (let at = 0; at < rawFields.length; at += 2) {
    const name = rawFields[at]!;
    const lower = name.toLowerCase();
    if (lower === 'content-encoding' && !fields.has('content-encoding')) continue;
    const current = lower === 'content-type' ? fields.get('content-type') : undefined;
    seen.push(name, current ?? rawFields[at + 1]!);
  }
  return seen;
}

function hasField(flat: readonly string[], wanted: string): boolean {
  for (let at = 0; at < flat.length; at += 2)
    if (flat[at]!.length === wanted.length && flat[at]!.toLowerCase() === wanted) return true;
  return false;
}
