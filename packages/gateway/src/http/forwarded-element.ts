import { canonicalAddress, parseAddress } from './address.ts';
import { formatAuthority, parseAuthority } from './authority.ts';
import {
  isWhitespace,
  quotedStringEnd,
  tokenEnd,
  tokenOrQuoted,
  unquote,
  whitespaceEnd,
} from './field-syntax.ts';

/** What one proxy says about the request that it received. */
export interface ForwardedHop {
  /** Who sent it: a canonical address, or undefined if the proxy does not say or hides it. */
  readonly address: string | undefined;
  readonly scheme: 'http' | 'https' | undefined;
  /** Canonical `host[:port]` of its Host field. */
  readonly host: string | undefined;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const semicolon = 0x3b;
const equals = 0x3d;

/**
 * Where the last element of a Forwarded field value that ends at `end` starts, or -1 if its quotes do not pair.
 *
 * Read from the right, because the right end is what the nearest proxy wrote: read from the left, a client
 * that sends `for="` would make the proxy's own element part of its unfinished string. A well-formed element
 * is found the same whatever stands before it.
 */
export function lastElementStart(text: string, end: number): number {
  for (let at = end - 1; at >= 0; at--) {
    const code = text.charCodeAt(at);
    if (code === comma) return at + 1;
    if (code === quote) {
      at = openingQuote(text, at - 1);
      if (at < 0) return -1;
    }
  }
  return 0;
}

/** The nearest quote from `from` to the left that no backslash escapes, or -1. Each character is seen twice at most. */
function openingQuote(text: string, from: number): number {
  for (let at = from; at >= 0; ) {
    const found = text.lastIndexOf('"', at);
    let before = found - 1;
    while (before >= 0 && text.charCodeAt(before) === backslash) before--;
    // An even number of backslashes in front (0, mostly): they escape each other, not the quote.
    if (found < 0 || (found - before) % 2 === 1) return found;
    at = before;
  }
  return -1;
}

/**
 * Parses one forwarded-element (RFC 7239 4), with white space allowed around ";" as many proxies write it.
 * Undefined if it is malformed: bad syntax, a parameter twice, or a `for` that is no node (RFC 7239 6).
 * A `proto` or `host` that cannot be used is left out, not malformed: a client chooses its Host field, and
 * must not be able to hide its own address behind a bad one.
 */
export function parseForwardedElement(element: string): ForwardedHop | undefined {
  const seen = new Map<string, string>();
  let at = whitespaceEnd(element, 0);
  while (at < element.length) {
    const nameEnd = tokenEnd(element, at);
    if (nameEnd > at) {
      const name = element.slice(at, nameEnd).toLowerCase();
      if (element.charCodeAt(nameEnd) !== equals || seen.has(name)) return undefined;
      const valueAt = nameEnd + 1;
      const quoted = element.charCodeAt(valueAt) === quote;
      at = quoted ? quotedStringEnd(element, valueAt) : tokenEnd(element, valueAt);
      if (at <= valueAt) return undefined;
      seen.set(name, quoted ? unquote(element, valueAt, at) : element.slice(valueAt, at));
      at = whitespaceEnd(element, at);
    }
    if (at === element.length) break;
    if (element.charCodeAt(at) !== semicolon) return undefined;
    at = whitespaceEnd(element, at + 1);
  }
  const node = seen.get('for');
  const address = node === undefined ? undefined : nodeAddress(node);
  if (address === null) return undefined;
  return { address, scheme: schemeOf(seen.get('proto')), host: hostOf(seen.get('host')) };
}

// node of RFC 7239 6; the IP addresses are judged by parseAddress.
const hiddenNode = /^(?:unknown|_[A-Za-z0-9._-]+)(?::(?:[0-9]{1,5}|_[A-Za-z0-9._-]+))?$/i;
const addressNode = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::(?:[0-9]{1,5}|_[A-Za-z0-9._-]+))?$/;

/** The address of a node; undefined if it is unknown or obfuscated, null if it is no node. */
function nodeAddress(node: string): string | undefined | null {
  const parts = addressNode.exec(node);
  if (parts === null) return hiddenNode.test(node) ? undefined : null;
  const text = parts[1] ?? parts[2]!;
  return (parts[1] !== undefined) === text.includes(':') ? (canonicalAddress(text) ?? null) : null;
}

/**
 * Parses one element of X-Forwarded-For, which no document defines: an address, IPv6 with or without brackets,
 * with a port where brackets or IPv4 make it plain (some balancers add it), or "unknown".
 */
export function parseXForwardedForElement(element: string): ForwardedHop | undefined {
  const text = trimWhitespace(element);
  const address = canonicalAddress(text) ?? nodeAddress(text);
  return address === null ? undefined : { address, scheme: undefined, host: undefined };
}

/** "http" or "https", whatever the case; undefined for anything else. */
export function schemeOf(proto: string | undefined): 'http' | 'https' | undefined {
  const scheme = proto?.toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : undefined;
}

function hostOf(text: string | undefined): string | undefined {
  const authority = text === undefined ? undefined : parseAuthority(text);
  return authority === undefined ? undefined : formatAuthority(authority);
}

/** Without the optional white space around it (`trim` would remove more). */
export function trimWhitespace(text: string): string {
  let end = text.length;
  while (end > 0 && isWhitespace(text.charCodeAt(end - 1))) end--;
  const start = whitespaceEnd(text, 0);
  return start === 0 && end === text.length ? text : text.slice(start, Math.max(start, end));
}

/** What {@link forwardedElement} writes; nodes are an IP address, "unknown" or an obfuscated "_name". */
export interface ForwardedParameters {
  readonly for: string;
  readonly proto: 'http' | 'https';
  /** The Host field that was received. */
  readonly host: string;
  readonly by?: string;
}

/**
 * Writes one forwarded-element (RFC 7239 4), such as `for="[2001:db8::1]";proto=https;host=api.example.com`.
 * Throws a TypeError on a node that is none and on a host with control or non-ASCII characters.
 */
export function forwardedElement(parameters: ForwardedParameters): string {
  const by = parameters.by === undefined ? '' : `;by=${formatNode(parameters.by)}`;
  return `for=${formatNode(parameters.for)};proto=${parameters.proto};host=${tokenOrQuoted(parameters.host)}${by}`;
}

function formatNode(node: string): string {
  const address = parseAddress(node);
  if (address !== undefined) {
    const text = canonicalAddress(node)!;
    return address.family === 4 ? text : `"[${text}]"`;
  }
  if (/^(?:unknown|_[A-Za-z0-9._-]+)$/.test(node)) return node;
  throw new TypeError(`not an address, "unknown" or "_name": ${JSON.stringify(node)}`);
}
