import { percentByte, percentUtf8End } from './percent.ts';

export type QueryReason = 'too-many' | 'character' | 'percent-encoding' | 'nul' | 'utf-8';

export interface QueryFault {
  readonly kind: 'fault';
  readonly reason: QueryReason;
}

/** For each reason, what the caller has to change. */
export const queryReasons: Readonly<Record<QueryReason, string>> = {
  'too-many': 'Send fewer parameters.',
  character: 'Percent-encode spaces, control characters and characters outside ASCII.',
  'percent-encoding': 'Follow each "%" with two hexadecimal digits; write a percent sign itself as %25.',
  nul: 'Remove %00 from the parameters.',
  'utf-8': 'Percent-encode names and values as valid UTF-8.',
};

const faults = Object.fromEntries(
  Object.keys(queryReasons).map((reason) => [reason, Object.freeze({ kind: 'fault', reason })]),
) as Readonly<Record<QueryReason, QueryFault>>;

/** Of a query or form, of which each one is looked at; more are not taken. request-limits has a bound of its own. */
export const mostParameters = 1_000;

const ampersand = 0x26;
const equals = 0x3d;
const plus = 0x2b;
const percent = 0x25;

/**
 * Decodes `name=value&…` as application/x-www-form-urlencoded (WHATWG URL 5.1), for a query (without "?") or a
 * form body, but refuses what that algorithm repairs: bad percent-encodings, bytes that are not UTF-8, NUL,
 * raw bytes outside visible ASCII. Order and duplicates are kept, empty pieces (`&&`) are skipped, a piece
 * without "=" has the value "". Tell the outcomes apart with `'kind' in result`.
 *
 * Never throws; linear, and stops at pair number `limit` + 1.
 */
export function parseQuery(
  query: string,
  limit: number,
): readonly [name: string, value: string][] | QueryFault {
  const pairs: [name: string, value: string][] = [];
  for (let start = 0; start < query.length; ) {
    // One scan finds the end of the piece, its "=", whether it needs decoding, and every fault.
    let at = start;
    let equalsAt = -1;
    let encoded = false;
    while (at < query.length) {
      const code = query.charCodeAt(at);
      if (code === ampersand) break;
      if (code === percent) {
        const byte = percentByte(query, at);
        const end = byte < 0x80 ? at + 3 : percentUtf8End(query, at, byte);
        if (byte < 0) return faults['percent-encoding'];
        if (byte === 0) return faults.nul;
        if (end < 0) return faults['utf-8'];
        encoded = true;
        at = end;
        continue;
      }
      if (code <= 0x20 || code >= 0x7f) return faults.character;
      if (code === plus) encoded = true;
      else if (code === equals && equalsAt < 0) equalsAt = at;
      at++;
    }
    if (at > start) {
      if (pairs.length === limit) return faults['too-many'];
      const nameEnd = equalsAt < 0 ? at : equalsAt;
      const name = query.slice(start, nameEnd);
      const value = equalsAt < 0 ? '' : query.slice(equalsAt + 1, at);
      pairs.push(encoded ? [decode(name), decode(value)] : [name, value]);
    }
    start = at + 1;
  }
  return pairs;
}

/** What the scan has accepted, so decodeURIComponent cannot throw. */
function decode(text: string): string {
  return decodeURIComponent(text.length > longText ? spacedBytes(text) : text.replaceAll('+', ' '));
}

/** A query is shorter; a form is not, and V8 takes 100 ms to replace a million characters one by one, 2 ms so. */
const longText = 1024;

function spacedBytes(text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === plus) bytes[at] = 0x20;
  return bytes.toString('latin1');
}

/**
 * A query without the parameters of these names, in whatever spelling parseQuery reads; every other byte stays as it is.
 * Pieces that parseQuery refuses are taken for what a forgiving server may make of them.
 */
export function withoutParameters(query: string, names: readonly string[]): string {
  // An escape may hide a name; without one it has to stand there.
  if (!query.includes('%') && !names.some((name) => query.includes(name))) return query;
  return filtered(query, (piece) => !names.includes(plainName(piece)));
}

/**
 * The same with the parameters that are known alone.
 * @param isKnown asked for names as parseQuery reads them
 */
export function withKnownParameters(query: string, isKnown: (name: string) => boolean): string {
  return filtered(query, (written) => {
    // With "=", so that there is a pair where the name is empty.
    const pairs = parseQuery(`${written}=`, 1);
    return !('kind' in pairs) && pairs.every(([name]) => isKnown(name));
  });
}

/** @param keeps asked for the name of each piece that is one, as it is written */
function filtered(query: string, keeps: (written: string) => boolean): string {
  const pieces = query.split('&');
  const kept = pieces.filter((piece) => {
    if (piece === '') return true;
    const equalsAt = piece.indexOf('=');
    return keeps(equalsAt < 0 ? piece : piece.slice(0, equalsAt));
  });
  return kept.length === pieces.length ? query : kept.join('&');
}

/** Bytes are taken one by one, so that broken UTF-8 elsewhere hides nothing. */
function plainName(written: string): string {
  if (!written.includes('%')) return written;
  return written.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}
