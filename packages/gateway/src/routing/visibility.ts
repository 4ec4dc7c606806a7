import { canonicalAddress } from '../http/address.ts';
import { compileAddressSet } from '../http/address-set.ts';
import type { Fields } from '../http/fields.ts';
import { clientAddress, type ProxyTrust } from '../http/forwarded.ts';

/** What of a request says where it comes from. */
export interface Seen {
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

/** Fields in which proxies say for whom they ask. */
const forwarding = [
  'x-forwarded-for',
  'forwarded',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
];

export interface VisibilitySettings {
  readonly networks: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly field: ProxyTrust['field'];
}

/**
 * Who an internal API is there for: callers whose own address is in one of the networks. A proxy is mostly in one of
 * them, and must not lend its address to everybody behind it. So a request that was forwarded counts only if a trusted
 * proxy named its client; forwarded by anybody else it comes from outside, however near the one is that brought it.
 * @throws TypeError for what is no network
 */
export function compileVisibility({ networks, trustedProxies, field }: VisibilitySettings): VisibleTo {
  const inside = compileAddressSet(networks);
  const trust: ProxyTrust = { proxies: compileAddressSet(trustedProxies), field };
  return ({ peerAddress, fields }) => {
    const zone = peerAddress.indexOf('%');
    const peer = canonicalAddress(zone < 0 ? peerAddress : peerAddress.slice(0, zone));
    if (peer === undefined) return false;
    if (!forwarding.some((name) => fields.has(name))) return inside.has(peer);
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
