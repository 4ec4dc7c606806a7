import { parseQuery, type QueryFault } from './query.ts';

/**
 * Decodes the content of application/x-www-form-urlencoded (WHATWG URL 5.1) as `parseQuery` does a query: what that
 * algorithm repairs is refused, raw bytes outside visible ASCII with it. Order and duplicates are kept.
 *
 * Never throws; linear, and stops at pair number `limit` + 1.
 */
export function parseForm(
  bytes: Buffer,
  limit: number,
): readonly [name: string, value: string][] | QueryFault {
  return parseQuery(bytes.toString('latin1'), limit);
}
