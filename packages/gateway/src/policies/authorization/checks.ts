import { type Head, type Known, type Principal, type Refuse, refuse } from '../../exchange.ts';
import { formatChallenge } from '../authentication/authenticator.ts';
import { scopeParameter } from '../authentication/challenges.ts';
import type { Condition } from './condition.ts';
import { hasOneOf } from './roles.ts';
import { type CompiledAlternative, isVouchedFor, kindWords, satisfies } from './security.ts';

export type Request = Head & Known;

/** The parts of a decision, in the order in which they are asked. */
export const checkKinds = [
  'deny',
  'credential',
  'decided',
  'security',
  'scopes',
  'roles',
  'permissions',
  'condition',
  'binding',
] as const;
export type CheckKind = (typeof checkKinds)[number];

/**
 * One thing that is asked before a request may pass. The same objects decide about requests, and tell `portcullis
 * explain` and `portcullis access` what they ask.
 */
export interface Check {
  readonly kind: CheckKind;
  /** What it asks, for people: `scope orders:read`. */
  readonly asks: string;
  /** It depends on roles and scopes alone, so that it says the same of every request of a caller. */
  readonly isStatic: boolean;
  /** It is about something that a request may leave out, and then asks nothing, not even who calls. */
  readonly isOptional?: true;
  /** Whether a caller need not meet it, whatever the request. */
  readonly exempts?: (principal: Principal) => boolean;
  /** @returns undefined when it is met */
  decide(request: Request): Refuse | undefined;
}

export const deniedToEverybody = 'denied to everybody';

/** Deny wins: these come first. */
export function denyEverybody(where: string): Check {
  const refusal = refuse('denied', { reason: `${where}deny: everybody` });
  return { kind: 'deny', asks: deniedToEverybody, isStatic: true, decide: () => refusal };
}

/** @param roles those of which one is enough to be denied; undefined for any caller */
export function denySome(
  where: string,
  written: readonly string[] | undefined,
  roles: ReadonlySet<string> | undefined,
  condition: Condition | undefined,
): Check {
  const parts = [
    written === undefined ? undefined : `role ${written.join(' or ')}`,
    condition === undefined ? undefined : condition.text,
  ].filter((part) => part !== undefined);
  const text = parts.join(', when ');
  const refusal = refuse('denied', { reason: `${where}deny ${text}` });
  return {
    kind: 'deny',
    asks: `denied to ${text}`,
    isStatic: condition === undefined,
    exempts: (principal) => roles !== undefined && !hasOneOf(principal.roles, roles),
    decide(request) {
      if (
        roles !== undefined &&
        !(request.principal !== undefined && hasOneOf(request.principal.roles, roles))
      )
        return undefined;
      if (condition === undefined) return refusal;
      const outcome = condition.decide(request);
      if (outcome === false) return undefined;
      // Whether it is denied cannot be told: then it is.
      return outcome === true ? refusal : refuse('denied', { reason: undecidedReason(where, outcome) });
    },
  };
}

export function needCredential(challenges: readonly string[]): Check {
  const refusal = refuse('credential-missing', { reason: 'not public', fields: challenges });
  return {
    kind: 'credential',
    asks: 'a credential',
    isStatic: true,
    decide: ({ principal }) => (principal === undefined ? refusal : undefined),
  };
}

/** @param why for the record and for people */
export function undecided(why: string): Check {
  const refusal = refuse('not-decided', { reason: why });
  return { kind: 'decided', asks: why, isStatic: true, decide: () => refusal };
}

/** One of the ways that the definition names. */
export function needAlternative(alternatives: readonly CompiledAlternative[], realm: string): Check {
  return {
    kind: 'security',
    asks: alternatives
      .map(({ kinds, scopes }) => {
        const credential = [...new Set(kinds)].map((kind) => kindWords[kind]).join(' together with ');
        return scopes.length === 0 ? credential : `${credential} with scope ${scopes.join(' ')}`;
      })
      .join(', or '),
    isStatic: true,
    decide({ principal }) {
      if (principal === undefined) return refuse('scope-insufficient');
      for (const alternative of alternatives) if (satisfies(principal, alternative)) return undefined;
      const wanted = alternatives.find((each) => isVouchedFor(principal, each));
      if (wanted !== undefined) return scopesMissing(principal, wanted.scopes, realm);
      return refuse('scope-insufficient', {
        detail: 'The operation asks for a credential of another kind.',
        reason: `no alternative for ${principal.kind}`,
        fields: challenge(principal, realm, []),
      });
    },
  };
}

export function needScopes(scopes: readonly string[], realm: string): Check {
  return {
    kind: 'scopes',
    asks: scopes.map((scope) => `scope ${scope}`).join(' with '),
    isStatic: true,
    decide({ principal }) {
      if (principal === undefined) return refuse('scope-insufficient');
      for (const scope of scopes)
        if (!principal.scopes.has(scope)) return scopesMissing(principal, scopes, realm);
      return undefined;
    },
  };
}

/** @param enough the roles of which one is enough, those that include them among them */
export function needRole(written: readonly string[], enough: ReadonlySet<string>): Check {
  const refusal = refuse('role-insufficient', { reason: `needs one of ${written.join(', ')}` });
  return {
    kind: 'roles',
    asks: `role ${written.join(' or ')}`,
    isStatic: true,
    decide: ({ principal }) =>
      principal !== undefined && hasOneOf(principal.roles, enough) ? undefined : refusal,
  };
}

export function needPermission(permission: string, roles: ReadonlySet<string>): Check {
  const refusal = refuse('permission-insufficient', { reason: `needs ${permission}` });
  return {
    kind: 'permissions',
    asks: `permission ${permission}`,
    isStatic: true,
    decide: ({ principal }) =>
      principal !== undefined && hasOneOf(principal.roles, roles) ? undefined : refusal,
  };
}

export function needCondition(where: string, condition: Condition): Check {
  const refusal = refuse('condition-unmet', { reason: `${where}when: ${condition.text}` });
  return {
    kind: 'condition',
    asks: condition.text,
    isStatic: false,
    decide(request) {
      const outcome = condition.decide(request);
      if (outcome === true) return undefined;
      return outcome === false
        ? refusal
        : refuse('condition-unmet', { reason: undecidedReason(where, outcome) });
    },
  };
}

function undecidedReason(where: string, { undecided: why }: { readonly undecided: string }): string {
  return `${where}when cannot be decided: ${why}`;
}

function scopesMissing(principal: Principal, scopes: readonly string[], realm: string): Refuse {
  const reason = `needs ${scopes.join(' ')}`;
  return refuse('scope-insufficient', { reason, fields: challenge(principal, realm, scopes) });
}

/** RFC 6750 section 3.1, in the scheme by which the caller is known. */
function challenge(principal: Principal, realm: string, scopes: readonly string[]): readonly string[] {
  const scheme = schemeOf(principal);
  return [
    'www-authenticate',
    formatChallenge({ scheme, parameters: ', error="insufficient_scope"' }, realm, scopeParameter(scopes)),
  ];
}

/** As the challenges of a 401 name it. */
function schemeOf({ kind, claims }: Principal): string {
  switch (kind) {
    case 'api-key':
      return 'ApiKey';
    case 'password':
      return 'Basic';
    case 'certificate':
      return 'Certificate';
    default: {
      // RFC 9449 section 7.1: a token that is bound to a key came by that scheme, and is no Bearer token.
      const { cnf } = claims as { readonly cnf?: { readonly jkt?: unknown } | null };
      return kind === 'jwt' && typeof cnf?.jkt === 'string' ? 'DPoP' : 'Bearer';
    }
  }
}
