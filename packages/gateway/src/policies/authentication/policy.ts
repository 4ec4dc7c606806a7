import type { Environment } from '../../environment.ts';
import {
  type Head,
  type Identified,
  type Principal,
  type Refuse,
  refuse,
  type UpstreamRequest,
} from '../../exchange.ts';
import { definePolicy, type MaybePromise } from '../../policy.ts';
import { isPublic } from '../authorization/security.ts';
import { apiKeyAuthenticator } from './api-key/authenticator.ts';
import type { Authenticator, Rejected } from './authenticator.ts';
import { basicAuthenticator } from './basic/authenticator.ts';
import { certificateAuthenticator } from './certificate/authenticator.ts';
import { realmOf } from './challenges.ts';
import { alternativesOf } from './combination.ts';
import { type Credential, several } from './credential.ts';
import { jwtAuthenticator, oauth2Authenticator } from './oauth2/open.ts';
import { groupByPlace, judgeCredential, type Place } from './places.ts';
import { ProtectedResource, wellKnownName } from './protected-resource.ts';
import { Refusals } from './refusals.ts';
import { type AuthenticationRules, schema } from './schema.ts';
import { compileStepUp, type StepUp } from './step-up.ts';
import { judgeTogether, type Way } from './together.ts';

export const authentication = definePolicy({
  name: 'authentication',
  summary:
    'Who calls, by a token, an API key, a client certificate or a password. Operations that the definition makes public need no credential.',
  phase: ['head', 'identity', 'upstream'],
  schema,
  problems: [
    'credential-missing',
    'credential-invalid',
    'credential-expired',
    'credential-ambiguous',
    'credential-unverifiable',
    'proof-invalid',
    'attempts-exceeded',
    'authentication-insufficient',
    'method-unknown',
  ],
  onFault: 'refuse',
  prepare(config, environment) {
    if (config === 'none') return {};
    const ways = alternativesOf(config);
    const authenticators = new Map(
      [...new Set(ways.flat())].map((name) => [name, openAuthenticator(name, environment)]),
    );
    const accepted = [...authenticators.values()];
    const resource = protectedResource(config, accepted, environment);
    const door: Door = {
      places: groupByPlace(accepted),
      stepUp: compileStepUp(config.stepUp),
      now: environment.now,
      refusals: new Refusals({
        realm: realmOf(environment),
        operations: environment.api?.operations ?? [],
        metadata: resource === undefined ? undefined : (request) => resource.location(request),
      }),
    };
    const needsSeveral = ways.some((names) => names.length > 1);
    const combined = needsSeveral ? waysThrough(ways, authenticators, door.places) : undefined;
    const ownFields = accepted.flatMap((each) => each.ownFields ?? []);
    const withholding = accepted.flatMap((each) => each.withhold ?? []);
    return {
      ...(resource === undefined
        ? {}
        : { head: (request: Head) => resource.answer(request), wellKnown: [wellKnownName] }),
      identity:
        combined === undefined
          ? (request: Head) => identify(door, request)
          : (request: Head) => identifyTogether(door, combined, request),
      ...(ownFields.length + withholding.length === 0
        ? {}
        : {
            // Keys and passwords are the gateway's own: a service that knew them could act for the caller elsewhere.
            upstream(request: UpstreamRequest) {
              for (const field of ownFields) request.upstreamFields.remove(field);
              for (const withhold of withholding) withhold(request);
              return undefined;
            },
          }),
    };
  },
});

/** What a request has to get through. */
interface Door {
  readonly places: readonly Place[];
  readonly refusals: Refusals;
  readonly stepUp: StepUp | undefined;
  readonly now: () => number;
}

type Outcome = Identified | Refuse | undefined;

/** One credential is enough, so that a second one is one too many. */
function identify(door: Door, request: Head): MaybePromise<Outcome> {
  let chosen: Place | undefined;
  let credential: Credential | undefined;
  for (const place of door.places) {
    // What is part of the connection counts where nothing else is there.
    if (place.ambient && credential !== undefined) continue;
    const found = place.authenticators[0].credential(request);
    if (found === undefined) continue;
    // Which of two would count is something that an attacker could choose (RFC 6750 section 2).
    if (found === several || (credential !== undefined && chosen?.ambient !== true))
      return refuse('credential-ambiguous');
    chosen = place;
    credential = found;
  }
  if (chosen === undefined || credential === undefined) return withoutCredential(door, door.places, request);
  const place = chosen;
  const given = credential;
  const outcome = judgeCredential(place.authenticators, given, request);
  return outcome instanceof Promise
    ? outcome.then((settled) => concludeOne(door, place, given, settled, request))
    : concludeOne(door, place, given, outcome, request);
}

/** A browser shows its certificate to every operation of a host: one that is public needs none, and minds none. */
function concludeOne(
  door: Door,
  place: Place,
  credential: Credential,
  outcome: Principal | Rejected,
  request: Head,
): Outcome {
  const isNeedless = place.ambient && request.operation !== undefined && isPublic(request.operation);
  if (isNeedless && outcome.kind === 'rejected') return undefined;
  return conclude(door, place, credential, outcome, request);
}

function identifyTogether(door: Door, ways: readonly Way[], request: Head): MaybePromise<Outcome> {
  const given = new Map<Place, Credential>();
  for (const place of door.places) {
    const found = place.authenticators[0].credential(request);
    if (found === several) return refuse('credential-ambiguous');
    if (found !== undefined) given.set(place, found);
  }
  const own = [...given.keys()].filter(({ ambient }) => !ambient);
  // Credentials have to be those of one way: no more, as of one that is not looked at nobody knows what it says.
  const isProxied = [...given.keys()].some(({ isHandedOn }) => isHandedOn);
  const open = ways.filter(
    (way) =>
      isSame(own, way.places) &&
      way.places.every((place) => given.has(place)) &&
      (!isProxied || isOfClient(way)),
  );
  if (open.length > 0)
    return judgeTogether(open, given, request).then(({ place, outcome }) =>
      (own.length === 0 ? concludeOne : conclude)(door, place, given.get(place)!, outcome, request),
    );
  const wider = ways.find(({ places }) => own.every((place) => places.includes(place)));
  if (wider === undefined) return refuse('credential-ambiguous');
  if (own.length === 0) return withoutCredential(door, door.places, request);
  const lacking = wider.places.filter((place) => !given.has(place));
  return door.refusals.missing(lacking.length === 0 ? door.places : lacking, request);
}

/**
 * Where a proxy hands on a certificate, that of its own connection is not the client's, whatever becomes of the one that is:
 * it counts beside that one only.
 */
function isOfClient({ places }: Way): boolean {
  return places.some(({ isHandedOn }) => isHandedOn) || !places.some(({ ambient }) => ambient);
}

function isSame(own: readonly Place[], places: readonly Place[]): boolean {
  const wanted = places.filter(({ ambient }) => !ambient);
  return wanted.length === own.length && own.every((place) => wanted.includes(place));
}

function withoutCredential({ refusals }: Door, places: readonly Place[], request: Head): Refuse | undefined {
  if (request.operation !== undefined && isPublic(request.operation)) return undefined;
  return refusals.missing(places, request);
}

function conclude(
  { refusals, stepUp, now }: Door,
  place: Place,
  { scheme }: Credential,
  outcome: Principal | Rejected,
  request: Head,
): Identified | Refuse {
  if (outcome.kind === 'rejected') return refusals.invalid(place, scheme, outcome, request);
  const fault = stepUp?.fault(outcome, now());
  if (stepUp !== undefined && fault !== undefined)
    return refusals.insufficient(place, scheme, stepUp, fault, request);
  if (outcome.also !== undefined) request.note('also', outcome.also.map(nameOf));
  return { kind: 'identified', principal: outcome };
}

/** For the record, which has the first one anyway. */
function nameOf({ authenticator, subject }: Principal): string {
  return `${authenticator} ${subject}`;
}

/**
 * Those that need more come first: a certificate is no credential too many, so that a way without it would always do.
 * @throws Error when a way needs two credentials of one place, which no request has
 */
function waysThrough(
  ways: readonly (readonly string[])[],
  authenticators: ReadonlyMap<string, Authenticator>,
  places: readonly Place[],
): readonly Way[] {
  return ways
    .toSorted((one, other) => other.length - one.length)
    .map((names) => {
      const members = names.map((name) => authenticators.get(name)!);
      const needed = members.map((member) => places.find(({ id }) => id === member.place)!);
      const fields = members.map(({ placeField, place }) => placeField ?? place);
      if (new Set(fields).size < fields.length) {
        throw new Error(
          `authentication: ${names.join(' and ')} read the same place, so that no request can satisfy both`,
        );
      }
      return { members, places: needed };
    });
}

function protectedResource(
  config: AuthenticationRules,
  accepted: readonly Authenticator[],
  { api, authenticators }: Environment,
): ProtectedResource | undefined {
  const isUsual = accepted.some(({ name }) => 'oauth2' in (authenticators[name] ?? {}));
  const issuers = accepted.flatMap(({ issuer }) => issuer ?? []);
  if (api === undefined || issuers.length === 0 || !(config.metadata ?? isUsual)) return undefined;
  return new ProtectedResource(api, issuers);
}

/** @throws Error when `authenticators:` has no such name, or when it cannot be used */
function openAuthenticator(name: string, environment: Environment): Authenticator {
  const { authenticators } = environment;
  const config = Object.hasOwn(authenticators, name) ? authenticators[name] : undefined;
  if (config === undefined) {
    const known = Object.keys(authenticators).join(', ') || 'none';
    throw new Error(`authentication: there is no authenticator "${name}"; authenticators has: ${known}`);
  }
  // One key set and one cache for all APIs: else each would ask the issuer, and verify the same token, by itself.
  return environment.share<Authenticator>(`authenticator ${name}`, () => {
    if ('oauth2' in config) return oauth2Authenticator(name, config.oauth2, environment);
    if ('jwt' in config) return jwtAuthenticator(name, config.jwt, environment);
    if ('basic' in config) return basicAuthenticator(name, config.basic, environment);
    if ('certificate' in config) return certificateAuthenticator(name, config.certificate, environment);
    return apiKeyAuthenticator(name, config.apiKey, environment);
  });
}
