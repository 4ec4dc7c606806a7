import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const longestBody = 16_384;
const mostFields = 20;

/** A form that cannot be taken; the message is for the operator. */
export class FormFault extends Error {}

/**
 * The fields of a form that was sent.
 * @throws FormFault for another media type, for too much, and for a field that is there twice: which one counts must not be
 * up to whoever added one
 */
export async function readForm(request: IncomingMessage): Promise<ReadonlyMap<string, string>> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/x-www-form-urlencoded(\s*;|$)/i.test(type)) throw new FormFault('is no form');
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longestBody) throw new FormFault('is too long');
    chunks.push(chunk);
  }
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(Buffer.concat(chunks).toString('utf8'))) {
    if (fields.has(name)) throw new FormFault(`has a field twice`);
    if (fields.size === mostFields) throw new FormFault('has too many fields');
    fields.set(name, value);
  }
  return fields;
}

/** The token that a form carries: only the page that was shown for this purpose has it. */
export function formToken(key: KeyObject, purpose: string): string {
  return createHmac('sha256', key).update(purpose).digest('base64url');
}

/**
 * Whether a form was sent from the page that was shown for this purpose: by its token, and by what the browser says of where
 * it comes from, where it does (Fetch Metadata; RFC 6454 section 7).
 */
export function isFromOurPage(
  request: IncomingMessage,
  token: string | undefined,
  { key, purpose, origin }: { readonly key: KeyObject; readonly purpose: string; readonly origin: string },
): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return false;
  const from = request.headers.origin;
  if (from !== undefined && from !== origin) return false;
  const expected = Buffer.from(formToken(key, purpose));
  const given = Buffer.from(token ?? '');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
