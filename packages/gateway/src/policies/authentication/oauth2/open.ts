import { createHmac } from 'node:crypto';
import { resolve } from 'node:path';
import { assertSafe } from '../../../documents/location.ts';
import type { Environment } from '../../../environment.ts';
import type { Challenge, IssuerFacts } from '../authenticator.ts';
import { DpopNonces } from '../binding/dpop-nonce.ts';
import { ProofJudge } from '../binding/dpop-proof.ts';
import { type Binding, SenderCheck } from '../binding/sender-check.ts';
import { CredentialCache } from '../cache.ts';
import { bearerChallenge, dpopChallenge } from '../challenges.ts';
import { type ClaimRules, compileClaimRules } from '../jwt/claims.ts';
import { isUrl, type KeyReading, keyReading } from '../jwt/key-reading.ts';
import { KeySource } from '../jwt/key-source.ts';
import { compileAlgorithms, compileTypes, JwtVerifier } from '../jwt/verifier.ts';
import { compileTokenPlace } from '../token-place.ts';
import type { Algorithm, DpopConfig, IntrospectionConfig, JwtConfig, Oauth2Config } from '../token-schema.ts';
import { type Known, TokenAuthenticator, type TokenParts } from './authenticator.ts';
import { Decryption } from './decryption.ts';
import { Discovery } from './discovery.ts';
import { Introspector } from './introspection.ts';
import { IntrospectionJudge } from './introspection-judge.ts';

/** The form with everything written out: tokens are JWTs, and where the keys are is configured. */
export function jwtAuthenticator(
  name: string,
  config: JwtConfig,
  environment: Environment,
): TokenAuthenticator {
  const location = isUrl(config.jwks) ? config.jwks : resolve(environment.folder, config.jwks);
  const parts = new Parts(name, config, environment);
  const keys = keyReading(location, environment.documents, environment.now);
  return new TokenAuthenticator({
    ...parts.common(),
    signed: parts.signed(keys, config.algorithms, config.types ?? ['at+jwt', 'JWT', 'untyped']),
    decryption: undefined,
    introspection: undefined,
    takesOpaque: false,
  });
}

/** RFC 9068 section 2.1 has RS256 for everybody; the others are what RFC 8725 section 3.2 would call current. */
const usualAlgorithms: readonly Algorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];

/** The form that finds out by itself: what the issuer says of itself, and what it answers about tokens. */
export function oauth2Authenticator(
  name: string,
  config: Oauth2Config,
  environment: Environment,
): TokenAuthenticator {
  const { introspection, issuer } = config;
  const tokens = config.tokens ?? (introspection === undefined ? 'jwt' : 'any');
  if (tokens !== 'jwt' && introspection === undefined)
    throw new Error(
      `tokens: ${tokens} needs introspection, as nothing else can judge tokens that are no JWT`,
    );
  if (tokens === 'jwt' && introspection !== undefined && introspection.always !== true)
    throw new Error(
      'with tokens: jwt, introspection needs always: true, as nothing else would be asked about',
    );
  if (tokens === 'opaque' && config.decryption !== undefined)
    throw new Error('with tokens: opaque no token is looked into, so that decryption means nothing');
  const discovery = new Discovery(issuer, environment.documents, environment.now);
  const parts = new Parts(name, config, environment);
  const keys = { name: issuer, read: (youngerThan: number) => discovery.keys(youngerThan) };
  return new TokenAuthenticator({
    ...parts.common(),
    signed:
      tokens === 'opaque'
        ? undefined
        : parts.signed(keys, config.algorithms ?? usualAlgorithms, config.types ?? ['at+jwt']),
    decryption: config.decryption === undefined ? undefined : new Decryption(config.decryption),
    introspection:
      introspection === undefined ? undefined : parts.introspection(introspection, discovery, tokens),
    takesOpaque: tokens !== 'jwt',
  });
}

const proofAlgorithms: readonly Algorithm[] = ['ES256', 'PS256', 'RS256', 'EdDSA', 'Ed25519'];
const longestProofAge = 600_000;
const longestAnswer = 300_000;
const longestWait = 30_000;

/** What both forms are made of. */
class Parts {
  readonly #name: string;
  readonly #config: JwtConfig | Oauth2Config;
  readonly #environment: Environment;
  readonly #claims: ClaimRules;
  readonly #cache = new CredentialCache<Known>();

  constructor(name: string, config: JwtConfig | Oauth2Config, environment: Environment) {
    this.#name = name;
    this.#config = config;
    this.#environment = environment;
    this.#claims = compileClaimRules(config);
  }

  common(): Omit<TokenParts, 'signed' | 'decryption' | 'introspection' | 'takesOpaque'> {
    const { scopeClaim = 'scope', rolesClaim = 'roles', token, dpop, binding = 'optional' } = this.#config;
    const place = compileTokenPlace(token);
    if (token !== undefined && (binding === 'dpop' || dpop !== undefined))
      throw new Error('DPoP needs the token in Authorization, whose scheme says that a proof comes with it');
    const algorithms = dpop?.algorithms ?? proofAlgorithms;
    return {
      name: this.#name,
      place,
      claims: this.#claims,
      names: { scopeClaim, rolesClaim },
      sender: new SenderCheck(binding, this.#proofJudge(dpop, algorithms)),
      cache: this.#cache,
      challenges: challengesOf(binding, dpop, algorithms),
      issuer: this.#facts(place.method, binding, dpop, algorithms),
      now: this.#environment.now,
    };
  }

  signed(
    keys: KeyReading,
    algorithms: readonly Algorithm[],
    types: readonly string[],
  ): NonNullable<TokenParts['signed']> {
    const { refresh = 600_000, outage = 86_400_000 } = this.#config;
    const environment = this.#environment;
    const source = new KeySource({
      ...keys,
      refresh,
      outage,
      now: environment.now,
      warn: (message) => this.#warn(message),
      // A key that was withdrawn must not live on in what it has signed.
      onChange: () => this.#cache.clear(),
    });
    // The first request need not wait, and an operator learns of an issuer that is away when the gateway starts.
    environment.onStart(() => void source.current());
    environment.onClose(() => source.close());
    const rules = { claims: this.#claims, algorithms: compileAlgorithms(algorithms), ...compileTypes(types) };
    return { source, verifier: new JwtVerifier(rules, source) };
  }

  introspection(
    config: IntrospectionConfig,
    discovery: Discovery,
    tokens: 'jwt' | 'opaque' | 'any',
  ): IntrospectionJudge {
    const { cache = 30_000, timeout = 5_000, concurrency = 20, endpoint, clientId, clientSecret } = config;
    if (cache > longestAnswer) throw new Error('introspection.cache is at most 5m');
    if (timeout > longestWait || timeout < 1) throw new Error('introspection.timeout is at most 30s');
    if (endpoint !== undefined) assertSafe(endpoint, 'introspection.endpoint');
    const { now, onClose } = this.#environment;
    const introspector = new Introspector({
      endpoint: async () => endpoint ?? endpointOf(await discovery.metadata()),
      clientId,
      clientSecret,
      concurrency,
      timeout,
      now,
      warn: (message) => this.#warn(message),
    });
    onClose(() => introspector.close());
    return new IntrospectionJudge(introspector, {
      claims: this.#claims,
      needsAudience: config.audience !== 'optional',
      always: tokens !== 'opaque' && config.always === true,
      cache,
      now,
    });
  }

  #proofJudge(dpop: DpopConfig | undefined, algorithms: readonly Algorithm[]): ProofJudge {
    const { counters, secret } = this.#environment;
    const proofAge = dpop?.proofAge ?? 60_000;
    if (proofAge > longestProofAge || proofAge < 1_000) throw new Error('dpop.proofAge is from 1s to 10m');
    const key =
      dpop?.nonceSecret === undefined
        ? createHmac('sha256', secret).update('dpop nonces').digest()
        : Buffer.from(dpop.nonceSecret);
    const nonces = dpop?.nonce === false ? undefined : new DpopNonces(key);
    return new ProofJudge({ algorithms, proofAge, nonces, counters });
  }

  #facts(
    method: IssuerFacts['method'],
    binding: Binding,
    dpop: DpopConfig | undefined,
    algorithms: readonly Algorithm[],
  ): IssuerFacts {
    return {
      issuer: this.#config.issuer,
      method,
      dpopAlgorithms: binding === 'dpop' || dpop !== undefined ? algorithms : undefined,
      dpopRequired: binding === 'dpop',
      certificateRequired: binding === 'mtls',
    };
  }

  #warn(message: string): void {
    this.#environment.warn(`authenticator ${this.#name}: ${message}`);
  }
}

function challengesOf(
  binding: Binding,
  dpop: DpopConfig | undefined,
  algorithms: readonly Algorithm[],
): readonly Challenge[] {
  const proof = dpopChallenge(algorithms, binding === 'dpop' || dpop !== undefined);
  return binding === 'dpop' ? [proof] : [bearerChallenge, proof];
}

function endpointOf({
  introspectionEndpoint,
}: {
  readonly introspectionEndpoint: string | undefined;
}): string {
  if (introspectionEndpoint !== undefined) return introspectionEndpoint;
  throw new Error(
    'the metadata of the issuer has no introspection_endpoint; configure introspection.endpoint',
  );
}
