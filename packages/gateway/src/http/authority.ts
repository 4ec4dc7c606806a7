import { isIPv4, isIPv6 } from 'node:net';
import { canonicalAddress } from './address.ts';

/** A host and port in canonical spelling: two authorities are the same exactly when both parts are equal. */
export interface Authority {
  /** Lower-case name without trailing dot, IPv4 address, or IPv6 address in brackets (RFC 5952 text). */
  readonly host: string;
  /** 1-65535, or undefined when none was given. */
  readonly port: number | undefined;
}

const maxNameLength = 253;
// A name, its trailing dot and a port.
const maxLength = maxNameLength + 1 + 6;

// Not `.` or `*` around an alternation: each character has one way to match, so there is nothing to backtrack.
const shape = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+))(?::([1-9][0-9]{0,4}))?$/;
const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
// What WHATWG URL 3.5 calls "ends in a number": such a name is an IPv4 address, written oddly, to many resolvers.
const numeric = /^(?:[0-9]+|0x[0-9a-f]*)$/;

const cacheSize = 1024;
const cache = new Map<string, Authority>();

/**
 * Parses the value of a Host field, `:authority`, or the authority of a URI (RFC 9110 7.2, RFC 3986 3.2).
 * Undefined for anything with user information, an empty or out-of-range port, a zone, percent-encodings, or a
 * host that is neither a name of LDH labels (underscores allowed) nor an IP address in its one strict spelling.
 * An IPv4-mapped IPv6 literal is the IPv4 address.
 *
 * Hosts repeat, so the last 1024 good ones are remembered; the table is emptied when it is full.
 */
export function parseAuthority(raw: string): Authority | undefined {
  const known = cache.get(raw);
  if (known !== undefined) return known;
  const authority = readAuthority(raw);
  if (authority !== undefined) {
    if (cache.size === cacheSize) cache.clear();
    cache.set(raw, authority);
  }
  return authority;
}

/** `host` or `host:port`. */
export function formatAuthority({ host, port }: Authority): string {
  return port === undefined ? host : `${host}:${port}`;
}

function readAuthority(raw: string): Authority | undefined {
  if (raw.length > maxLength) return undefined;
  const parts = shape.exec(raw);
  if (parts === null) return undefined;
  const host = parts[1] === undefined ? readName(parts[2]!) : readIpv6Literal(parts[1]);
  const port = parts[3] === undefined ? undefined : Number(parts[3]);
  return host === undefined || (port !== undefined && port > 65535) ? undefined : { host, port };
}

function readIpv6Literal(text: string): string | undefined {
  const address = isIPv6(text) ? canonicalAddress(text) : undefined;
  return address?.includes(':') ? `[${address}]` : address;
}

function readName(text: string): string | undefined {
  const name = (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase();
  if (name.length > maxNameLength) return undefined;
  const labels = name.split('.');
  if (numeric.test(labels.at(-1)!)) return isIPv4(name) ? name : undefined;
  return labels.every((each) => label.test(each)) ? name : undefined;
}
