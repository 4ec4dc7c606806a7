import { type PreparedLimit, prepareLimit } from '../../counters/shared-counters.ts';
import type { Environment } from '../../environment.ts';
import type { Head, Known } from '../../exchange.ts';
import type { Limit } from './schema.ts';

/** In the head phase nobody is known yet. */
export type Keyed = Head & Partial<Known>;

export interface CompiledLimit {
  readonly name: string;
  readonly prepared: PreparedLimit;
  /** Its member of the RateLimit-Policy field. */
  readonly policyMember: string;
  readonly needsPrincipal: boolean;
  /** Undefined where the limit does not concern the request. */
  readonly keyOf: (request: Keyed) => string | undefined;
}

type Attribute = 'address' | 'principal' | 'key' | 'client' | 'route' | 'api';

const readers: Readonly<Record<Attribute, (request: Keyed) => string | undefined>> = {
  address: (request) => addressBlock(request.clientAddress),
  // Whoever is not known is told apart by address, so that a limit by principal is never a way around limits.
  principal: ({ principal, clientAddress }) =>
    principal === undefined ? `@${addressBlock(clientAddress)}` : `${principal.authenticator}:${principal.subject}`,
  key: ({ principal }) => (principal?.kind === 'api-key' ? principal.subject : undefined),
  client: ({ principal }) => principal?.client,
  route: ({ operation, method, api }) => operation?.id ?? `${api?.name ?? ''} ${method}`,
  api: ({ api }) => api?.name ?? '',
};

const needPrincipal: ReadonlySet<Attribute> = new Set<Attribute>(['principal', 'key', 'client']);

/**
 * @throws Error when two limits have one name, or a limit names an operation that the API does not have
 */
export function compileLimits(limits: readonly Limit[], environment: Environment): CompiledLimit[] {
  const names = new Set<string>();
  return limits.map((limit) => {
    if (names.has(limit.name)) throw new Error(`rate-limit: two limits are named "${limit.name}"`);
    names.add(limit.name);
    const attributes = Array.isArray(limit.by) ? limit.by : [limit.by];
    const operations = compileOperations(limit, environment);
    const parts = attributes.map((attribute) => readers[attribute]);
    const [only] = parts;
    return {
      name: limit.name,
      prepared: prepareLimit({
        // The API's name keeps limits of the same name apart; a reload keeps the counts.
        id: `${environment.api?.name ?? ''}/${limit.name}`,
        quota: limit.quota,
        windowSeconds: limit.window / 1000,
      }),
      policyMember: `"${limit.name}";q=${limit.quota};w=${Math.ceil(limit.window / 1000)}`,
      needsPrincipal: attributes.some((attribute) => needPrincipal.has(attribute)),
      keyOf: (request) => {
        if (operations !== undefined && (request.operation === undefined || !operations.has(request.operation.id))) {
          return undefined;
        }
        return parts.length === 1 ? only!(request) : join(parts, request);
      },
    };
  });
}

function compileOperations(limit: Limit, environment: Environment): ReadonlySet<string> | undefined {
  if (limit.operations === undefined) return undefined;
  const ids = limit.operations.map((written) => {
    const found = environment.api?.operations?.find(({ method, path }) => `${method} ${path}` === written);
    if (found === undefined) throw new Error(`rate-limit: limit "${limit.name}" names ${written}, which the definition does not have`);
    return found.id;
  });
  return new Set(ids);
}

function join(parts: readonly ((request: Keyed) => string | undefined)[], request: Keyed): string | undefined {
  let key = '';
  for (const part of parts) {
    const value = part(request);
    if (value === undefined) return undefined;
    // The length in front makes the joined key unambiguous.
    key += `${value.length}:${value}`;
  }
  return key;
}

/**
 * A host is given a whole /64 of IPv6 (RFC 6177, RFC 4291 section 2.5.4) and can change its address inside it
 * at will, so that the /64 is what counts.
 */
export function addressBlock(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::', 2);
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const last = tail === '' ? 0 : tail.split(':').length;
    for (let missing = 8 - groups.length - last; missing > 0; missing--) groups.push('0');
    if (tail !== '') groups.push(...tail.split(':'));
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}
