import { fieldName, plainName } from '../../http/field-name.ts';

/** Fields that the gateway writes itself, besides those that begin with `x-forwarded-`. */
const ours = new Set(['forwarded', 'via', 'x-request-id', 'traceparent', 'tracestate']);

/** Those that carry credentials, which a server may accept. */
const credentials = new Set(['authorization', 'cookie', 'set-cookie', 'dpop', 'authentication-info']);

/** What changes how a server takes the request, or which one it takes it for. */
const meaningful = new Set([
  'accept',
  'cache-control',
  'date',
  'early-data',
  'from',
  'if',
  'link',
  'max-forwards',
  'origin',
  'pragma',
  'prefer',
  'priority',
  'range',
  'referer',
  'user-agent',
  'want-digest',
  'x-host',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-host',
  'x-original-method',
  'x-original-uri',
  'x-original-url',
  'x-rewrite-url',
]);
const meaningfulPrefixes = ['accept-', 'access-control-', 'content-', 'if-', 'sec-'];

/**
 * Why a field cannot hand an identity on.
 * @returns undefined for one that can
 */
export function takenBecause(name: string): string | undefined {
  const plain = plainName(name);
  if (plain === 'host' || plain === 'content-length' || fieldName(plain).hopByHop)
    return `${name} frames the message or belongs to the connection: choose another name, such as x-user`;
  if (ours.has(plain) || plain.startsWith('x-forwarded-'))
    return `the gateway itself says something by ${name}: choose another name, such as x-user`;
  if (credentials.has(plain) || plain.startsWith('proxy-'))
    return `${name} carries credentials: choose another name, such as x-user`;
  if (meaningful.has(plain) || meaningfulPrefixes.some((prefix) => plain.startsWith(prefix)))
    return `${name} has a meaning for the request already: choose another name, such as x-user`;
  return undefined;
}
