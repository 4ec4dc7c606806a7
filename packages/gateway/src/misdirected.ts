import { plainName } from './certificates/names.ts';
import { type Refuse, refuse } from './exchange.ts';
import type { Gateway } from './gateway.ts';
import { withoutZone } from './http/address.ts';
import { unknownServerName } from './listener/connections.ts';
import type { LiveExchange } from './live-exchange.ts';

/**
 * Refuses a request on a TLS connection that was opened for another host (RFC 9110 sections 7.4 and 15.5.20): by a
 * browser that joins hosts on one connection of HTTP/2, or by somebody who shows a filter on the way one name and means
 * another. docs/requests.md has the rules, and argues for them.
 */
export function refuseMisdirected(gateway: Gateway, exchange: LiveExchange): Refuse | undefined {
  const { inbound, host } = exchange;
  const asked = inbound.serverName;
  // Who asked for the host was shown the best that there is for it; HTTP/1.0 need not name one.
  const names = inbound.listener.certificateNames;
  if (names === undefined || asked === host || host === '' || asked === unknownServerName) return undefined;
  const shown = names.shownTo(asked);
  const isValid = names.isValid(shown, host);
  if (isValid && (asked === undefined || names.isValid(shown, plainName(asked)))) return undefined;
  const isBetterShown = !isValid && names.canBeShownFor(host);
  const reason = isBetterShown ? 'another certificate' : reasonOfRoutes(gateway, exchange);
  if (reason === undefined || gateway.trustedProxies.has(withoutZone(inbound.peerAddress))) return undefined;
  exchange.decidedBy = 'tls';
  return refuse('misdirected-request', { reason });
}

/** A new connection would show no better certificate for the host: what counts is where the two names lead. */
function reasonOfRoutes({ routes }: Gateway, exchange: LiveExchange): string | undefined {
  const { inbound, host, path } = exchange;
  if (inbound.serverName === undefined) return undefined;
  return routes.leadToSame(plainName(inbound.serverName), host, path, exchange) ? undefined : 'another api';
}
