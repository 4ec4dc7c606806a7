import { canonicalAddress, withoutZone } from './address.ts';
import type { AddressSet } from './address-set.ts';
import {
  type ForwardedHop,
  lastElementStart,
  parseForwardedElement,
  parseXForwardedForElement,
  schemeOf,
  trimWhitespace,
} from './forwarded-element.ts';

/** Whom to believe, and in which field. */
export interface ProxyTrust {
  readonly proxies: AddressSet;
  /**
   * The one field that the proxies write. The other is never looked at, even where this one is absent: a proxy
   * that appends to one passes the other on as the client sent it.
   */
  readonly field: 'forwarded' | 'x-forwarded-for';
}

/** The field lines as received, in order; a field that did not come is an empty list. */
export interface ForwardingFields {
  readonly forwarded: readonly string[];
  readonly xForwardedFor: readonly string[];
  /** Only read with `field: 'x-forwarded-for'`, and only if it is one single value. */
  readonly xForwardedProto: readonly string[];
}

/** The client as far as trusted proxies vouch for it. */
export interface ClientAddress {
  /** The leftmost address that a chain of trusted hops leads to; canonical text. */
  readonly address: string;
  /** How that client spoke to the first trusted proxy; undefined if it did not say, or there is no proxy. */
  readonly scheme: 'http' | 'https' | undefined;
  /** The canonical Host that the client sent to the first trusted proxy; never from X-Forwarded-For. */
  readonly host: string | undefined;
}

/** How many elements are looked at, empty ones included. */
export const maxHops = 32;

/**
 * Finds who sent the request: from the peer to the left through the chosen field, as long as the hop reached
 * is trusted. It ends at the first untrusted address; a hop that hides its client or an element that is
 * malformed ends it at the last address known.
 *
 * X-Forwarded-Host is never believed: common proxies pass on the one that the client sent.
 *
 * @param peer the socket's remote address, as Node gives it (mapped IPv4, or with a zone)
 */
export function clientAddress(peer: string, trust: ProxyTrust, fields: ForwardingFields): ClientAddress {
  const address = canonicalAddress(withoutZone(peer)) ?? peer;
  if (!trust.proxies.has(address)) return { address, scheme: undefined, host: undefined };
  if (trust.field === 'forwarded') {
    return walk(address, trust.proxies, fields.forwarded, lastElementStart, parseForwardedElement);
  }
  const client = walk(address, trust.proxies, fields.xForwardedFor, lastCommaEnd, parseXForwardedForElement);
  const [proto, ...more] = fields.xForwardedProto;
  // Several values do not line up with the hops of X-Forwarded-For.
  const scheme = proto === undefined || more.length > 0 ? undefined : schemeOf(trimWhitespace(proto));
  return { address: client.address, scheme, host: undefined };
}

function walk(
  peer: string,
  proxies: AddressSet,
  lines: readonly string[],
  elementStart: (line: string, end: number) => number,
  parse: (element: string) => ForwardedHop | undefined,
): ClientAddress {
  let client: ClientAddress = { address: peer, scheme: undefined, host: undefined };
  let hops = 0;
  for (let index = lines.length - 1; index >= 0; index--) {
    const line = lines[index]!;
    for (let end = line.length; end >= 0; ) {
      const start = elementStart(line, end);
      if (start < 0 || ++hops > maxHops) return client;
      const element = line.slice(start, end);
      // In front of the element is the comma, or the start of the line, which ends the loop.
      end = start - 1;
      // RFC 9110 5.6.1: empty list elements are ignored.
      if (trimWhitespace(element) === '') continue;
      const hop = parse(element);
      if (hop === undefined) return client;
      // Scheme and host are what this trusted hop saw; those of a hop nearer to us describe another connection.
      client = { address: hop.address ?? client.address, scheme: hop.scheme, host: hop.host };
      if (hop.address === undefined || !proxies.has(hop.address)) return client;
    }
  }
  return client;
}

function lastCommaEnd(line: string, end: number): number {
  return end === 0 ? 0 : line.lastIndexOf(',', end - 1) + 1;
}
