import { formatAuthority, parseAuthority } from './authority.ts';
import { alphanumeric, characterTable, unreserved } from './characters.ts';
import { percentByte, percentUtf8End } from './percent.ts';

/** What a request asks for, in its one canonical spelling; `path` plus `?query` is what goes upstream. */
export interface RequestTarget {
  readonly kind: 'target';
  /** Starts with "/". No dot segment, no empty segment but a last one, no encoded "/", valid UTF-8. */
  readonly path: string;
  /** Without its "?". Empty for no query and for an empty one: the two are not told apart. */
  readonly query: string;
  /** Set where the path has a ";" as it stands: only what is known to be a parameter in the style `matrix` may have one. */
  readonly pathParameters?: true;
  /** Only for absolute-form: canonical `host[:port]`, to be compared with the Host field by the caller. */
  readonly authority?: string;
}

export interface TargetFault {
  readonly kind: 'fault';
  readonly reason: TargetReason;
}

export type TargetReason =
  | 'empty'
  | 'too-long'
  | 'asterisk-form'
  | 'authority-form'
  | 'scheme'
  | 'authority'
  | 'no-leading-slash'
  | 'fragment'
  | 'control-character'
  | 'non-ascii'
  | 'forbidden-character'
  | 'percent-encoding'
  | 'utf-8'
  | 'double-encoding'
  | 'encoded-slash'
  | 'backslash'
  | 'path-parameter'
  | 'empty-segment'
  | 'dot-segment';

/** For each reason, what the caller has to change. */
export const targetReasons: Readonly<Record<TargetReason, string>> = {
  empty: 'Send a request target: a path that starts with "/".',
  'too-long': 'Shorten the path and query to at most 8192 characters; send long input in the body.',
  'asterisk-form': 'Use "*" only with OPTIONS; name a path for every other method.',
  'authority-form': 'Send a path, not host:port; this server does not open tunnels (CONNECT).',
  scheme: 'Use http:// or https:// in an absolute request target, or send the path alone.',
  authority: 'Write the authority as host or host:port, without user name and with a port from 1 to 65535.',
  'no-leading-slash': 'Start the path with "/".',
  fragment: 'Leave out the "#" and what follows it, or write "#" as %23 where it is data.',
  'control-character': 'Remove control characters, raw or percent-encoded (such as %00), from the target.',
  'non-ascii': 'Percent-encode characters outside ASCII as UTF-8.',
  'forbidden-character': 'Percent-encode characters that a URI does not allow here, such as a space (%20).',
  'percent-encoding': 'Follow each "%" with two hexadecimal digits; write a percent sign itself as %25.',
  'utf-8': 'Percent-encode the path as valid UTF-8.',
  'double-encoding':
    'Percent-encode the path once only: "%25" must not be followed by two hexadecimal digits.',
  'encoded-slash': 'Remove %2F from the path: a slash inside a path segment is not accepted.',
  backslash: 'Remove the backslash (raw or %5C) from the path; segments are separated by "/".',
  'path-parameter': 'Remove the path parameter: write ";" as %3B where it is data.',
  'empty-segment': 'Remove the doubled "/" from the path.',
  'dot-segment': 'Resolve "." and ".." segments before sending the path.',
};

/** The longest target, and the longest canonical form of one (RFC 9110 4.1 asks for at least 8000). */
export const maxTargetLength = 8192;

// One object a reason: a flood of bad targets allocates nothing.
const faults = Object.fromEntries(
  Object.keys(targetReasons).map((reason) => [reason, Object.freeze({ kind: 'fault', reason })]),
) as Readonly<Record<TargetReason, TargetFault>>;

const slash = 0x2f;
const dot = 0x2e;
const percent = 0x25;
const question = 0x3f;
const hash = 0x23;
const backslash = 0x5c;
const semicolon = 0x3b;

// pchar of RFC 3986 3.3 and "/", without ";": Tomcat and others cut a segment there.
const pathCharacters = characterTable(`/${unreserved}!$&'()*+,=:@`);
const unreservedCharacters = characterTable(unreserved);
// Without ";": some servers end a parameter there, and would see one that nobody has judged.
const queryCharacters = characterTable(`${alphanumeric}-._~!$&'()*+,=:@/?`);
// Not URI characters but for ";", and yet browsers and common clients send them in queries as they are.
const encodedInQuery = characterTable(';[]|{}^`"<>\\');

/**
 * Parses a request target (RFC 9112 3.2) as Node gives it: origin-form, or absolute-form with http or https.
 * Equal resources get equal spellings (RFC 3986 6.2.2), and everything that two servers are known to read
 * differently is refused rather than repaired. Parsing `path?query` of a result gives the same result.
 *
 * Never throws; linear in the length, which is at most {@link maxTargetLength}.
 */
export function parseRequestTarget(raw: string): RequestTarget | TargetFault {
  if (raw.length > maxTargetLength) return faults['too-long'];
  const pathEnd = canonicalPathEnd(raw);
  if (pathEnd < 0) return parseRequestTargetCarefully(raw);
  if (pathEnd === raw.length) return { kind: 'target', path: raw, query: '' };
  const query = canonicalQuery(raw, pathEnd + 1);
  return typeof query === 'string' ? assemble(raw.slice(0, pathEnd), query) : query;
}

/**
 * The fast path: where the path ends if it is an absolute path in canonical spelling, else -1. A "%" or a
 * segment that starts with "." is not proved wrong here, only left to the careful way.
 */
function canonicalPathEnd(raw: string): number {
  if (raw.charCodeAt(0) !== slash) return -1;
  let previous = slash;
  for (let at = 1; at < raw.length; at++) {
    const code = raw.charCodeAt(at);
    if (code === question) return at;
    if (pathCharacters[code] === 0) return -1;
    if (previous === slash && (code === slash || code === dot)) return -1;
    previous = code;
  }
  return raw.length;
}

/** The plain way for every target; exported so that a test can compare it with {@link parseRequestTarget}. */
export function parseRequestTargetCarefully(raw: string): RequestTarget | TargetFault {
  if (raw.length > maxTargetLength) return faults['too-long'];
  if (raw.charCodeAt(0) === slash) return parsePathAndQuery(raw, 0, undefined);
  if (raw === '') return faults.empty;
  if (raw === '*') return faults['asterisk-form'];

  const scheme = /^([a-z][a-z0-9+.-]{0,31}):\/\//i.exec(raw);
  if (scheme === null) {
    return parseAuthority(raw)?.port === undefined ? faults['no-leading-slash'] : faults['authority-form'];
  }
  if (!/^https?$/i.test(scheme[1]!)) return faults.scheme;
  const authorityAt = scheme[0].length;
  const pathAt = authorityAt + raw.slice(authorityAt).search(/[/?#]|$/);
  const authority = parseAuthority(raw.slice(authorityAt, pathAt));
  return authority === undefined
    ? faults.authority
    : parsePathAndQuery(raw, pathAt, formatAuthority(authority));
}

function parsePathAndQuery(
  raw: string,
  from: number,
  authority: string | undefined,
): RequestTarget | TargetFault {
  const questionAt = raw.indexOf('?', from);
  const path = canonicalPath(raw, from, questionAt < 0 ? raw.length : questionAt);
  if (typeof path !== 'string') return path;
  const query = questionAt < 0 ? '' : canonicalQuery(raw, questionAt + 1);
  if (typeof query !== 'string') return query;
  // An absolute-form target may have no path at all, which means "/" (RFC 9112 3.2.1).
  const target = assemble(path === '' ? '/' : path, query);
  if (target.kind === 'fault') return target;
  return {
    ...target,
    ...(path.includes(';') && { pathParameters: true }),
    ...(authority !== undefined && { authority }),
  };
}

/** Encoding the query can lengthen it; what is too long to be parsed again is not handed out. */
function assemble(path: string, query: string): RequestTarget | TargetFault {
  if (path.length + 1 + query.length > maxTargetLength) return faults['too-long'];
  return { kind: 'target', path, query };
}

/** `raw` from `from` to `to` as a canonical path. Its spelling is settled first, then its segments judged. */
function canonicalPath(raw: string, from: number, to: number): string | TargetFault {
  let path = '';
  let copied = from;
  for (let at = from; at < to; ) {
    const code = raw.charCodeAt(at);
    if (code !== percent) {
      if (pathCharacters[code] === 0 && code !== semicolon) return faults[pathCharacterReason(code)];
      at++;
      continue;
    }
    const byte = percentByte(raw, at);
    const reason = byte < 0 ? 'percent-encoding' : pathByteReason(raw, at, byte);
    if (reason !== undefined) return faults[reason];
    const end = byte < 0x80 ? at + 3 : percentUtf8End(raw, at, byte);
    if (unreservedCharacters[byte] === 1) {
      path += raw.slice(copied, at) + String.fromCharCode(byte);
      copied = end;
    } else if (hasLowerCase(raw, at, end)) {
      path += raw.slice(copied, at) + raw.slice(at, end).toUpperCase();
      copied = end;
    }
    at = end;
  }
  path += raw.slice(copied, to);

  // On the decoded spelling, because `%2e` is a dot there and `%25%32%66` has become `%252f`.
  if (path.includes('//')) return faults['empty-segment'];
  // With a path parameter too: where those are cut off, `/a/..;/b` climbs.
  if (/\/\.\.?(?:[/;]|$)/.test(path)) return faults['dot-segment'];
  if (/%25[0-9A-Fa-f]{2}/.test(path)) return faults['double-encoding'];
  return path;
}

function pathCharacterReason(code: number): TargetReason {
  if (code === hash) return 'fragment';
  if (code === backslash) return 'backslash';
  return commonCharacterReason(code);
}

function commonCharacterReason(code: number): TargetReason {
  if (code < 0x20 || code === 0x7f) return 'control-character';
  return code > 0x7f ? 'non-ascii' : 'forbidden-character';
}

/** Why the percent-encoded `byte` at `at` cannot stand in a path, or undefined. */
function pathByteReason(raw: string, at: number, byte: number): TargetReason | undefined {
  if (byte < 0x20 || byte === 0x7f) return 'control-character';
  if (byte === slash) return 'encoded-slash';
  if (byte === backslash) return 'backslash';
  if (byte < 0x80) return undefined;
  if (percentUtf8End(raw, at, byte) < 0) return 'utf-8';
  // U+0080 to U+009F, the controls of the second row; U+0085 is a line break to some readers.
  return byte === 0xc2 && percentByte(raw, at + 3) < 0xa0 ? 'control-character' : undefined;
}

function hasLowerCase(raw: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (raw.charCodeAt(at) > 0x60) return true;
  return false;
}

/**
 * `raw` from `from` on as a query: itself when RFC 3986 3.4 allows every character, else with ";" and those that are
 * tolerated percent-encoded. Existing encodings are kept as they are: what the bytes mean is the API's business.
 */
function canonicalQuery(raw: string, from: number): string | TargetFault {
  let query = '';
  let copied = from;
  for (let at = from; at < raw.length; at++) {
    const code = raw.charCodeAt(at);
    if (queryCharacters[code] === 1) continue;
    if (code === percent) {
      const byte = percentByte(raw, at);
      if (byte < 0) return faults['percent-encoding'];
      if (byte === 0) return faults['control-character'];
      at += 2;
    } else if (encodedInQuery[code] === 1) {
      query += `${raw.slice(copied, at)}%${code.toString(16).toUpperCase()}`;
      copied = at + 1;
    } else {
      return faults[code === hash ? 'fragment' : commonCharacterReason(code)];
    }
  }
  return copied === from ? raw.slice(from) : query + raw.slice(copied);
}
