import type { Gateway } from '../gateway.ts';
import { fieldName } from '../http/field-name.ts';
import { connectionNames, Fields } from '../http/fields.ts';
import { formatTraceparent } from '../http/trace-context.ts';
import type { LiveExchange } from '../live-exchange.ts';

/**
 * Makes the fields, and the query, of the request to the upstream: what the client sent, less what was meant for the
 * connection (RFC 9110 section 7.6.1) and less everything that says who or where the caller is (invariant 3),
 * plus what the gateway says about that.
 */
export function writeUpstreamFields(_: Gateway, exchange: LiveExchange): undefined {
  const { gatewayFields } = exchange.plan;
  const flat: string[] = ['host', ''];
  const source = exchange.fields.flat;
  const named = connectionNames(exchange.fields);
  for (let i = 0; i < source.length; i += 2) {
    const lower = source[i]!;
    const name = fieldName(lower);
    if (name.hopByHop || name.identity || isFraming(name.once) || named?.has(lower) === true) continue;
    if (gatewayFields.size > 0 && gatewayFields.has(name.plain)) continue;
    if (lower === 'x-request-id' || lower === 'traceparent') continue;
    flat.push(lower, source[i + 1]!);
  }
  flat.push('x-request-id', exchange.id, 'traceparent', formatTraceparent(exchange.trace));
  const length = exchange.passing === undefined ? undefined : exchange.fields.get('content-length');
  // As we understood it: with zeros in front somebody may take it for octal.
  if (length !== undefined) flat.push('content-length', String(Number(length)));
  // gRPC servers want to be told that trailers will be understood (RFC 9110 section 10.1.4).
  if (exchange.plan.upstream?.settings.protocol === 'http2') flat.push('te', 'trailers');
  pushForwarding(flat, exchange);
  exchange.upstreamFields = new Fields(flat);
  exchange.upstreamQuery = exchange.query;
}

const framing = fieldName('host').once | fieldName('content-length').once;

/** Host and Content-Length are written anew for each attempt. */
function isFraming(once: number): boolean {
  return (once & framing) !== 0;
}

/** RFC 7239, and the older fields that most servers read. */
function pushForwarding(flat: string[], exchange: LiveExchange): void {
  const { clientAddress, peerAddress, scheme, authority } = exchange;
  const addresses = clientAddress === peerAddress ? clientAddress : `${clientAddress}, ${peerAddress}`;
  let forwarded = `for=${node(clientAddress)};proto=${scheme}`;
  if (authority !== '') forwarded += `;host=${quoted(authority)}`;
  if (clientAddress !== peerAddress) forwarded += `, for=${node(peerAddress)}`;
  flat.push('forwarded', forwarded, 'x-forwarded-for', addresses, 'x-forwarded-proto', scheme);
  if (authority !== '') flat.push('x-forwarded-host', authority);
}

/** An IPv6 address, or a host with a port, is no token and must be quoted (RFC 7239 section 4). */
function node(address: string): string {
  return address.includes(':') ? `"[${address}]"` : address;
}

function quoted(authority: string): string {
  return authority.includes(':') ? `"${authority}"` : authority;
}
