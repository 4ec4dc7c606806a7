import { METHODS } from 'node:http';
import { type Refuse, refuse } from './exchange.ts';
import { parseAuthority } from './http/authority.ts';
import { fieldName } from './http/field-name.ts';
import { Fields } from './http/fields.ts';
import { isAcceptableRequestId, newRequestId } from './http/request-id.ts';
import { parseRequestTarget, type TargetReason, targetReasons } from './http/request-target.ts';
import { childTraceparent, newTraceparent, parseTraceparent } from './http/trace-context.ts';
import type { Ending, LiveExchange } from './live-exchange.ts';

/**
 * Reads the head strictly: one framing, one Host, one path (docs/requests.md). Always on, whatever the
 * configuration says: everything that decides afterwards relies on there being one way to read a request.
 * @returns how the exchange ends, or undefined when it has its fields, path, query, host and ids
 */
export function takeIn(exchange: LiveExchange): Ending | undefined {
  const inbound = exchange.inbound;
  const fault = takeFields(exchange) ?? takeVersion(exchange);
  identify(exchange);
  if (fault === 'expectation') return refuse('expectation-failed');
  if (fault !== undefined) return malformed(fault);
  const method = exchange.method;
  if (notForwarded.has(method) || (exchange.httpVersion === '2' && !methods.has(method)))
    return refuse('method-unknown', { ...wrongMethod, reason: method.slice(0, 32) });
  if (inbound.rawTarget === '*' && method === 'OPTIONS') return answerForAll(exchange);
  const target = parseRequestTarget(inbound.rawTarget);
  if (target.kind === 'fault')
    return target.reason === 'too-long' ? refuse('target-too-long') : malformedTarget(target.reason);
  exchange.path = target.path;
  exchange.hasPathParameters = target.pathParameters === true;
  exchange.query = target.query;
  const hostFault = takeHost(exchange, target.authority);
  return hostFault === undefined ? undefined : malformed(hostFault);
}

/** TRACE gives back what may be secret (RFC 9110 section 9.3.8); CONNECT makes the gateway a way into its network. */
const notForwarded: ReadonlySet<string> = new Set(['TRACE', 'TRACK', 'CONNECT']);

/** The methods that Node's parser knows. On HTTP/2 anything comes through, `get` and `POST X` included. */
const methods: ReadonlySet<string> = new Set(METHODS);

/** What the gateway itself makes no difference between; an API that has a definition allows less. */
const allowed = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

const wrongMethod = { detail: 'This method is not served here.', fields: ['allow', allowed] };

/** RFC 9110 section 9.3.7: `OPTIONS *` asks about the server as a whole, which is the gateway. */
function answerForAll(exchange: LiveExchange): Ending {
  const hostFault = takeHost(exchange, undefined);
  if (hostFault !== undefined) return malformed(hostFault);
  return { kind: 'answer', status: 204, fields: ['allow', allowed] };
}

export function malformedTarget(reason: TargetReason): Refuse {
  return refuse('malformed-target', { detail: targetReasons[reason], reason });
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
} as const;
type Rule = keyof typeof rules;

const chunked = fieldName('transfer-encoding').once;
const contentLength = fieldName('content-length').once;
const cookie = fieldName('cookie').once;
const expect = fieldName('expect').once;

function takeFields(exchange: LiveExchange): Rule | 'expectation' | undefined {
  const { rawFields: raw, httpVersion } = exchange.inbound;
  const flat = new Array<string>(raw.length);
  let seen = 0;
  let at = 0;
  let cookieAt = 0;
  let fault: Rule | undefined;
  let unmet = false;
  for (let i = 0; i < raw.length; i += 2) {
    const name = fieldName(raw[i]!);
    const value = raw[i + 1]!;
    const { once } = name;
    if (once === cookie && cookieAt > 0) {
      // HTTP/2 clients split it to compress it better (RFC 9113 section 8.2.3); everybody reads one line.
      flat[cookieAt] += `; ${value}`;
      continue;
    }
    flat[at++] = name.lower;
    flat[at++] = value;
    if (once === 0) continue;
    if ((seen & once) !== 0) fault ??= 'field-twice';
    seen |= once;
    if (once === cookie) cookieAt = at - 1;
    else if (once === chunked) {
      if (value.toLowerCase() !== 'chunked' || httpVersion !== '1.1') fault ??= 'transfer-coding-unknown';
    } else if (once === expect) unmet = !isMet(value, httpVersion);
  }
  if (at !== raw.length) flat.length = at;
  exchange.fields = new Fields(flat);
  if ((seen & chunked) !== 0 && (seen & contentLength) !== 0) fault ??= 'framing-twice';
  return fault ?? (unmet ? 'expectation' : undefined);
}

/** RFC 9110 section 10.1.1: 100-continue is the only expectation, and from HTTP/1.0 even that counts for nothing. */
function isMet(expectation: string, httpVersion: string): boolean {
  return httpVersion === '1.0' || expectation.toLowerCase() === '100-continue';
}

function takeVersion(exchange: LiveExchange): Rule | undefined {
  const version = exchange.inbound.httpVersion;
  if (version !== '1.1' && version !== '2' && version !== '1.0') return 'http-version';
  exchange.httpVersion = version;
  return undefined;
}

function takeHost(exchange: LiveExchange, targetAuthority: string | undefined): Rule | undefined {
  const pseudo = exchange.inbound.rawAuthority;
  const field = exchange.fields.get('host');
  // Only HTTP/1.0 may leave the field out (RFC 9112 section 3.2), whatever the target says; a redirect has to name one.
  if (field === undefined && pseudo === undefined) {
    if (exchange.httpVersion !== '1.0') return 'host-missing';
    if (targetAuthority === undefined)
      return exchange.inbound.listener.redirectPort === undefined ? undefined : 'host-missing';
  }
  const raw = pseudo !== undefined && pseudo !== '' ? pseudo : (field ?? targetAuthority);
  if (raw === undefined || raw === '') return 'host-missing';
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
export function identify(exchange: LiveExchange): void {
  const requested = exchange.fields.get('x-request-id');
  exchange.id = requested !== undefined && isAcceptableRequestId(requested) ? requested : newRequestId();
  const parent = exchange.fields.get('traceparent');
  const known = parent === undefined ? undefined : parseTraceparent(parent);
  exchange.trace = known === undefined ? newTraceparent() : childTraceparent(known);
}
