import type { Documents, Reading } from '../../../documents/documents.ts';
import { assertSafe, isLoopbackHost } from '../../../documents/location.ts';

/** What is used of an issuer's metadata (RFC 8414 section 2, OpenID Connect Discovery 1.0 section 3). */
export interface IssuerMetadata {
  /** Undefined where the issuer publishes no keys. */
  readonly jwksUri: string | undefined;
  readonly introspectionEndpoint: string | undefined;
}

/** Metadata that is as old as this is read again before it is used. Milliseconds. */
const refresh = 3_600_000;
/** For so long it is not even asked for: what opaque tokens are asked about with it may be many. Milliseconds. */
const atHand = 60_000;

/** @throws Error when it is no issuer identifier (RFC 8414 section 2) that we would ask */
export function assertIssuer(issuer: string): void {
  assertSafe(issuer, 'issuer');
  const { search, hash } = new URL(issuer);
  if (search !== '' || hash !== '' || issuer.endsWith('?') || issuer.endsWith('#'))
    throw new Error('issuer must have no query and no fragment');
}

/**
 * Where the metadata may be: RFC 8414 section 3.1 puts the well-known part between host and path, OpenID Connect
 * Discovery section 4 behind the path. Both without the slash that some issuers end with.
 */
export function metadataLocations(issuer: string): readonly [string, string] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
}

/** Finds out from the issuer alone where its keys are and who answers questions about its tokens. */
export class Discovery {
  readonly #issuer: string;
  readonly #documents: Documents;
  readonly #known = new Map<string, { readonly text: string; readonly metadata: IssuerMetadata }>();
  /** The one that was good last comes first, so that the other is not asked each time. */
  #locations: readonly string[];
  readonly #now: () => number;
  #current: { readonly metadata: IssuerMetadata; readonly since: number } | undefined;

  /** @throws Error when the issuer is no safe URL */
  constructor(issuer: string, documents: Documents, now: () => number) {
    assertIssuer(issuer);
    this.#issuer = issuer;
    this.#now = now;
    this.#locations = metadataLocations(issuer);
    this.#documents = documents;
  }

  /**
   * The metadata, from the first of its locations that has a good document.
   * @param youngerThan milliseconds
   * @throws DiscoveryFault when none has
   */
  async metadata(youngerThan: number = refresh): Promise<IssuerMetadata> {
    const age = this.#now() - (this.#current?.since ?? Number.NEGATIVE_INFINITY);
    if (this.#current !== undefined && age >= 0 && age < Math.min(atHand, youngerThan))
      return this.#current.metadata;
    const faults: string[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const location of this.#locations) {
      const reading = await this.#documents.read(location, youngerThan);
      next = Math.min(next, reading.next);
      // One that was good once is better than none: what it leads to has to be confirmed by itself.
      if (reading.document !== undefined) {
        try {
          const metadata = this.#parse(location, reading.document.text);
          if (location !== this.#locations[0]) this.#locations = [...this.#locations].reverse();
          this.#current = { metadata, since: this.#now() };
          return metadata;
        } catch (error) {
          faults.push(`${location}: ${(error as Error).message}`);
        }
      } else faults.push(`${location}: ${reading.failure ?? 'nothing was read'}`);
    }
    throw new DiscoveryFault(faults.join('; '), next);
  }

  /** Reads the key set that the metadata names. */
  async keys(youngerThan: number): Promise<Reading> {
    try {
      const first = await this.#keysAt(await this.metadata(), youngerThan);
      if (first.failure === undefined) return first;
      // The keys may have moved.
      const moved = await this.metadata(0);
      const second = await this.#keysAt(moved, youngerThan);
      return second.document === undefined ? { ...second, document: first.document } : second;
    } catch (error) {
      if (!(error instanceof DiscoveryFault)) throw error;
      return { document: undefined, failure: error.message, next: error.next };
    }
  }

  async #keysAt({ jwksUri }: IssuerMetadata, youngerThan: number): Promise<Reading> {
    if (jwksUri === undefined) throw new DiscoveryFault('the metadata of the issuer has no jwks_uri', 0);
    return this.#documents.read(jwksUri, youngerThan);
  }

  #parse(location: string, text: string): IssuerMetadata {
    const known = this.#known.get(location);
    if (known?.text === text) return known.metadata;
    const metadata = readMetadata(text, this.#issuer);
    this.#known.set(location, { text, metadata });
    return metadata;
  }
}

/** No good metadata is to be had. */
export class DiscoveryFault extends Error {
  /** Milliseconds since the epoch from which on it may be tried again. */
  readonly next: number;

  constructor(message: string, next: number) {
    super(message);
    this.name = 'DiscoveryFault';
    this.next = next;
  }
}

/**
 * @throws Error when it is the metadata of somebody else (RFC 8414 section 3.3: an attacker could otherwise pass off its
 *   own), or names a place that is not safe
 */
export function readMetadata(text: string, issuer: string): IssuerMetadata {
  const document: unknown = JSON.parse(text);
  if (typeof document !== 'object' || document === null) throw new Error('it is no JSON object');
  const { issuer: named, jwks_uri, introspection_endpoint } = document as Record<string, unknown>;
  if (named !== issuer) throw new Error(`it is the metadata of ${quoted(named)}, not of ${quoted(issuer)}`);
  return {
    jwksUri: endpoint(jwks_uri, 'jwks_uri', issuer),
    introspectionEndpoint: endpoint(introspection_endpoint, 'introspection_endpoint', issuer),
  };
}

function endpoint(value: unknown, name: string, issuer: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value.length > 2048) throw new Error(`its ${name} is no URL`);
  assertSafe(value, `its ${name}`);
  // An issuer out on the network has no business with what listens on this machine.
  if (isLoopbackHost(new URL(value).hostname) && !isLoopbackHost(new URL(issuer).hostname))
    throw new Error(`its ${name} is on this machine, the issuer is not`);
  return value;
}

function quoted(value: unknown): string {
  return JSON.stringify(typeof value === 'string' ? value.slice(0, 200) : value) ?? 'nobody';
}
