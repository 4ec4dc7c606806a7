import { compileRoles, type RoleModel } from '../policies/authorization/roles.ts';
import type { RolesConfig } from '../policies/authorization/roles-schema.ts';
import { type KeyRules, publishAheadOf, type SigningAlgorithm } from '../signing-keys/key-plan.ts';
import type { OauthServerConfig } from './schema.ts';

/** What the thread of the OAuth server needs to know, with every default in place. Times are milliseconds. */
export interface OauthSettings {
  readonly issuer: string;
  /** What users know the service by. */
  readonly name: string;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly signing: SigningAlgorithm;
  readonly keyRotation: number;
  readonly session: number;
  readonly consent: number;
  readonly refreshToken: number;
  readonly registration: Registration | undefined;
}

export interface Resource {
  readonly scopes: ReadonlyMap<string, Scope>;
  readonly tokens: 'jwt' | 'opaque';
  readonly lifetime: number;
}

export interface Scope {
  /** For people. */
  readonly words: string;
  /** A user needs one of them, those that include one written down; undefined lets every user grant it. */
  readonly roles: readonly string[] | undefined;
}

export interface Registration {
  readonly initialAccessToken: string;
  readonly scopes: readonly string[];
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * @param written the `roles:` of the configuration, by which one role includes others
 * @throws Error for a role that it does not have (role-faults.ts says where)
 */
export function settingsOf(config: OauthServerConfig, written: RolesConfig | undefined): OauthSettings {
  const roles = compileRoles(written);
  return {
    issuer: config.issuer,
    name: config.name ?? new URL(config.issuer).hostname,
    resources: new Map(
      Object.entries(config.resources).map(([indicator, { scopes, tokens, lifetime }]) => [
        indicator,
        {
          scopes: new Map(Object.entries(scopes).map(([name, scope]) => [name, scopeOf(scope, roles)])),
          tokens: tokens ?? 'jwt',
          lifetime: lifetime ?? 10 * minute,
        },
      ]),
    ),
    signing: config.signing ?? 'ES256',
    keyRotation: config.keyRotation ?? 90 * day,
    session: config.session ?? 12 * hour,
    consent: config.consent ?? 180 * day,
    refreshToken: config.refreshToken ?? 30 * day,
    registration:
      config.registration === undefined
        ? undefined
        : {
            initialAccessToken: config.registration.initialAccessToken,
            scopes: config.registration.scopes ?? [],
          },
  };
}

type ScopeConfig = OauthServerConfig['resources'][string]['scopes'][string];

function scopeOf(scope: ScopeConfig, roles: RoleModel): Scope {
  if (typeof scope === 'string') return { words: scope, roles: undefined };
  return {
    words: scope.words,
    roles: scope.roles === undefined ? undefined : [...roles.having(scope.roles)],
  };
}

/** How long an id token counts: clients look at it once, when they get it. */
export const idTokenLifetime = 10 * minute;

export function keyRulesOf(settings: OauthSettings): KeyRules {
  return {
    algorithm: settings.signing,
    rotateEvery: settings.keyRotation,
    publishAhead: publishAheadOf(settings.keyRotation),
    keepFor: longestSigned(settings),
  };
}

/** How long a signing key must stay published after its last signature. */
function longestSigned({ resources }: Pick<OauthSettings, 'resources'>): number {
  const lifetimes = [...resources.values()].map(({ lifetime }) => lifetime);
  return Math.max(idTokenLifetime, ...lifetimes) + clockTolerance;
}

/** Clocks of clients and resource servers may differ so much. */
export const clockTolerance = 30_000;
