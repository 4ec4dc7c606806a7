import { type PreparedLimit, prepareLimit } from '../../counters/shared-counters.ts';
import type { Environment } from '../../environment.ts';
import type { Head, Known } from '../../exchange.ts';
import { readAddress, withoutZone } from '../../http/address.ts';
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

/**
 * Names of authenticators have no `:`, `@` or `=`, so that keys of different origin never meet. Whoever is not known is
 * told apart by address, and a token without a client by its subject: no limit is a way around another.
 */
const readers: Readonly<Record<Attribute, (request: Keyed) => string | undefined>> = {
  address: (request) => addressBlock(request.clientAddress),
  principal: ({ principal, clientAddress }) =>
    principal === undefined
      ? `@${addressBlock(clientAddress)}`
      : `${principal.authenticator}:${principal.subject}`,
  // By its id: several keys may stand for one subject.
  key: ({ principal }) =>
    principal?.kind === 'api-key'
      ? `${principal.authenticator}:${principal.client ?? principal.subject}`
      : undefined,
  client: ({ principal, clientAddress }) => {
    if (principal === undefined) return `@${addressBlock(clientAddress)}`;
    const { authenticator, client, subject } = principal;
    return client === undefined ? `=${authenticator}:${subject}` : `${authenticator}:${client}`;
  },
  // One count for all that is not defined: a method may be any word, and each must not bring a count of its own.
  route: ({ operation }) => operation?.id ?? '',
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
    const windowSeconds = limit.window / 1000;
    return {
      name: limit.name,
      prepared: prepareLimit({ id: idOf(limit, attributes, environment), quota: limit.quota, windowSeconds }),
      policyMember: `"${limit.name}";q=${limit.quota};w=${Math.ceil(windowSeconds)}`,
      needsPrincipal: attributes.some((attribute) => needPrincipal.has(attribute)),
      keyOf: keyReader(attributes, compileOperations(limit, environment)),
    };
  });
}

/**
 * What keeps counters apart; a reload that leaves a limit as it was keeps its counts. The rate is part of it because an
 * operation may have a limit of the same name with another one: on a shared counter the shorter window would cut the
 * debt of the longer one, and so be a way to wipe it.
 */
function idOf(limit: Limit, attributes: readonly Attribute[], { api }: Environment): string {
  return JSON.stringify([api?.name ?? '', limit.name, attributes, limit.quota, limit.window]);
}

function keyReader(
  attributes: readonly Attribute[],
  operations: ReadonlySet<string> | undefined,
): CompiledLimit['keyOf'] {
  const parts = attributes.map((attribute) => readers[attribute]);
  const [only] = parts;
  const read = parts.length === 1 && only !== undefined ? only : (request: Keyed) => join(parts, request);
  if (operations === undefined) return read;
  return (request) => {
    const { operation } = request;
    return operation !== undefined && operations.has(operation.id) ? read(request) : undefined;
  };
}

function compileOperations(limit: Limit, environment: Environment): ReadonlySet<string> | undefined {
  if (limit.operations === undefined) return undefined;
  const ids = limit.operations.map((written) => {
    const found = environment.api?.operations?.find(({ method, path }) => `${method} ${path}` === written);
    if (found === undefined)
      throw new Error(
        `rate-limit: limit "${limit.name}" names ${written}, which the definition does not have`,
      );
    return found.id;
  });
  return new Set(ids);
}

function join(
  parts: readonly ((request: Keyed) => string | undefined)[],
  request: Keyed,
): string | undefined {
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
 * What an address counts as. A host is given a whole /64 of IPv6 (RFC 6177, RFC 4291 section 2.5.4) and can change its
 * address inside it at will, so that the /64 is what counts; IPv4 counts as it is, mapped into IPv6 or not. One text
 * for all spellings; what is no address stays as it is.
 */
export function addressBlock(address: string): string {
  if (!address.includes(':')) return address;
  const plain = withoutZone(address);
  const family = readAddress(plain, words);
  const high = words[0]!;
  if (family === 4) return `${high >>> 24}.${(high >>> 16) & 255}.${(high >>> 8) & 255}.${high & 255}`;
  if (family === 0) return address;
  const low = words[1]!;
  return `${hex(high >>> 16)}:${hex(high & 0xffff)}:${hex(low >>> 16)}:${hex(low & 0xffff)}::/64`;
}

// Scratch of addressBlock; nothing here is asynchronous.
const words = new Uint32Array(4);

function hex(group: number): string {
  return group.toString(16);
}
