import { type Refuse, refuse } from './exchange.ts';
import { parseAuthority } from './http/authority.ts';
import { fieldName } from './http/field-name.ts';
import { Fields } from './http/fields.ts';
import { isAcceptableRequestId, newRequestId } from './http/request-id.ts';
import { parseRequestTarget, targetReasons } from './http/request-target.ts';
import { childTraceparent, newTraceparent, parseTraceparent } from './http/trace-context.ts';
import type { LiveExchange } from './live-exchange.ts';

/**
 * Reads the head strictly: one framing, one Host, one path (docs/requests.md). Always on, whatever the
 * configuration says: everything that decides afterwards relies on there being one way to read a request.
 * @returns the refusal, or undefined when the exchange has its fields, path, query, host and ids
 */
export function takeIn(exchange: LiveExchange): Refuse | undefined {
  const inbound = exchange.inbound;
  const fault = takeFields(exchange) ?? takeVersion(exchange);
  identify(exchange);
  if (fault !== undefined) return malformed(fault);

  const method = exchange.method;
  if (method === 'TRACE' || method === 'TRACK' || method === 'CONNECT')
    return refuse('method-unknown', { reason: method });

  const target = parseRequestTarget(inbound.rawTarget);
  if (target.kind === 'fault') {
    if (target.reason === 'too-long') return refuse('target-too-long');
    return refuse('malformed-target', { detail: targetReasons[target.reason], reason: target.reason });
  }
  exchange.path = target.path;
  exchange.query = target.query;
  const hostFault = takeHost(exchange, target.authority);
  return hostFault === undefined ? undefined : malformed(hostFault);
}

function malformed(rule: Rule): Refuse {
  return refuse('malformed-request', { detail: rules[rule], reason: rule });
}

/** What can be wrong with a head besides its target, and what the caller should send instead. */
export const rules = {
  'field-twice':
    'Send Host, Content-Length, Content-Type, Authorization, Origin, Transfer-Encoding and Expect once at most.',
  'host-missing': 'Send a Host field.',
  'host-malformed': 'Send a Host that is a name or an address, with a port if needed, and nothing else.',
  'host-disagrees': 'Send the same host in the request target and in the Host field.',
  'framing-twice': 'Send either Content-Length or Transfer-Encoding, not both.',
  'transfer-coding-unknown': 'Send chunked as the only transfer coding, and only with HTTP/1.1.',
  'http-version': 'Speak HTTP/1.0, HTTP/1.1 or HTTP/2.',
  'field-characters': 'Send field values without control characters.',
} as const;
type Rule = keyof typeof rules;

const chunked = fieldName('transfer-encoding').once;
const contentLength = fieldName('content-length').once;

function takeFields(exchange: LiveExchange): Rule | undefined {
  const raw = exchange.inbound.rawFields;
  const flat = new Array<string>(raw.length);
  let seen = 0;
  let fault: Rule | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = fieldName(raw[i]!);
    const value = raw[i + 1]!;
    flat[i] = name.lower;
    flat[i + 1] = value;
    if (name.once === 0) continue;
    if ((seen & name.once) !== 0) fault ??= 'field-twice';
    seen |= name.once;
    if (
      name.once === chunked &&
      (value.toLowerCase() !== 'chunked' || exchange.inbound.httpVersion !== '1.1')
    ) {
      fault ??= 'transfer-coding-unknown';
    }
  }
  exchange.fields = new Fields(flat);
  if ((seen & chunked) !== 0 && (seen & contentLength) !== 0) fault ??= 'framing-twice';
  return fault;
}

function takeVersion(exchange: LiveExchange): Rule | undefined {
  const version = exchange.inbound.httpVersion;
  if (version === '1.1' || version === '1.0') exchange.httpVersion = version;
  else if (version === '2.0') exchange.httpVersion = '2';
  else return 'http-version';
  return undefined;
}

function takeHost(exchange: LiveExchange, targetAuthority: string | undefined): Rule | undefined {
  const pseudo = exchange.inbound.rawAuthority;
  const field = exchange.fields.get('host');
  const raw = pseudo !== undefined && pseudo !== '' ? pseudo : (field ?? targetAuthority);
  // Only HTTP/1.0 may leave the host out (RFC 9112 section 3.2), and a redirect has to name one.
  if (raw === undefined || raw === '')
    return exchange.httpVersion === '1.0' &&
      field === undefined &&
      !exchange.inbound.redirectPort !== undefined
      ? undefined
      : 'host-missing';
  const authority = parseAuthority(raw);
  if (authority === undefined) return 'host-malformed';
  if (field !== undefined && field !== raw && !sameHost(field, raw)) return 'host-disagrees';
  if (targetAuthority !== undefined && targetAuthority !== raw && !sameHost(targetAuthority, raw))
    return 'host-disagrees';
  exchange.host = authority.host;
  const isDefault =
    authority.port === undefined || authority.port === (exchange.scheme === 'https' ? 443 : 80);
  exchange.authority = isDefault ? authority.host : `${authority.host}:${authority.port}`;
  return undefined;
}

function sameHost(one: string, other: string): boolean {
  const a = parseAuthority(one);
  const b = parseAuthority(other);
  return a !== undefined && b !== undefined && a.host === b.host && a.port === b.port;
}

/** Ids come first, so that a refused request has them as well. */
function identify(exchange: LiveExchange): void {
  const requested = exchange.fields.get('x-request-id');
  exchange.id = requested !== undefined && isAcceptableRequestId(requested) ? requested : newRequestId();
  const parent = exchange.fields.get('traceparent');
  const known = parent === undefined ? undefined : parseTraceparent(parent);
  exchange.trace = known === undefined ? newTraceparent() : childTraceparent(known);
}
