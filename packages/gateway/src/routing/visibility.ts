import { canonicalAddress } from '../http/address.ts';
import { compileAddressSet } from '../http/address-set.ts';
import { forwardingFields } from '../http/field-name.ts';
import type { Fields } from '../http/fields.ts';
import { clientAddress, type ProxyTrust } from '../http/forwarded.ts';

/** What of a request says where it comes from. */
export interface Seen {
  /** The name of the internal listener that it came to; undefined for those that everybody may reach. */
  readonly internalListener: string | undefined;
  readonly peerAddress: string;
  readonly fields: Fields;
}

export type VisibleTo = (request: Seen) => boolean;

/** Loopback, private (RFC 1918), unique local (RFC 4193) and link-local addresses. */
export const internalNetworks: readonly string[] = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
];

/** Where an internal API is: what is undefined does not matter. */
export interface Reach {
  /** Names of internal listeners, of which the request must have come to one. */
  readonly listeners: readonly string[] | undefined;
  readonly networks: readonly string[] | undefined;
}

/**
 * What a configuration says of an internal API. Where it says nothing: the internal listeners, if there are any, or else
 * private addresses.
 */
export function reachOf(
  { listeners, networks }: { readonly [Key in keyof Reach]?: Reach[Key] },
  internal: Readonly<Record<string, unknown>> | undefined,
): Reach {
  if (listeners !== undefined || networks !== undefined) return { listeners, networks };
  const names = Object.keys(internal ?? {});
  return names.length > 0
    ? { listeners: names, networks: undefined }
    : { listeners: undefined, networks: internalNetworks };
}

export interface VisibilitySettings extends Reach {
  readonly trustedProxies: readonly string[];
  readonly field: ProxyTrust['field'];
}

/**
 * Who an internal API is there for: requests that came to one of its listeners, from callers whose own address is in one
 * of its networks. A listener counts for whoever reaches it, a proxy too: which ones do is for its host to decide. With
 * networks it is different: a proxy is mostly in one of them, and must not lend its address to everybody behind it. So
 * a request that was forwarded counts only if a trusted proxy named its client; forwarded by anybody else it comes from
 * outside, however near the one is that brought it.
 * @throws TypeError for what is no network
 */
export function compileVisibility({ listeners, networks, ...trust }: VisibilitySettings): VisibleTo {
  const isFromInside = networks === undefined ? () => true : compileNetworks(networks, trust);
  if (listeners === undefined) return isFromInside;
  const names = new Set(listeners);
  return (request) =>
    request.internalListener !== undefined && names.has(request.internalListener) && isFromInside(request);
}

function compileNetworks(
  networks: readonly string[],
  { trustedProxies, field }: Pick<VisibilitySettings, 'trustedProxies' | 'field'>,
): VisibleTo {
  const inside = compileAddressSet(networks);
  const trust: ProxyTrust = { proxies: compileAddressSet(trustedProxies), field };
  return ({ peerAddress, fields }) => {
    const zone = peerAddress.indexOf('%');
    const peer = canonicalAddress(zone < 0 ? peerAddress : peerAddress.slice(0, zone));
    if (peer === undefined) return false;
    if (!forwardingFields.some((name) => fields.has(name))) return inside.has(peer);
    if (!trust.proxies.has(peer)) return false;
    const { address } = clientAddress(peer, trust, {
      forwarded: fields.getAll('forwarded'),
      xForwardedFor: fields.getAll('x-forwarded-for'),
      xForwardedProto: [],
    });
    // The proxy hides its client, or names it where it is not asked.
    return address !== peer && inside.has(address);
  };
}
