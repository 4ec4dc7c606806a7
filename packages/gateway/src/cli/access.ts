import { alternativesOf } from '../policies/authentication/combination.ts';
import type { AuthenticationConfig, AuthenticatorConfig } from '../policies/authentication/schema.ts';
import type { AuthorizationConfig } from '../policies/authorization/schema.ts';
import { type CompiledAlternative, compileSecurity, isPublic } from '../policies/authorization/security.ts';
import { catalogue, type ProblemName } from '../problems/catalogue.ts';
import type { Operation } from '../routing/apis.ts';
import type { PolicyView } from './policy-view.ts';

/** Who gets past authentication and authorization. */
export type Access =
  | { readonly kind: 'anybody'; readonly because: string }
  /** Whoever is known. */
  | { readonly kind: 'known'; readonly because: string }
  | {
      readonly kind: 'some';
      readonly alternatives: readonly CompiledAlternative[];
      readonly roles: readonly string[];
    }
  | { readonly kind: 'nobody'; readonly problem: ProblemName; readonly because: string };

type Kind = CompiledAlternative['kinds'][number];
type Authenticators = Readonly<Record<string, AuthenticatorConfig>>;

/**
 * Foretells what the two policies decide about an operation, whoever calls.
 * @param operation or why there is none
 */
export function whoMay(
  asked: Operation | 'no definition' | 'not defined',
  views: readonly PolicyView[],
  authenticators: Authenticators,
): Access {
  const operation = typeof asked === 'string' ? undefined : asked;
  const authentication = enforced(views, 'authentication') as AuthenticationConfig | undefined;
  const authorization = enforced(views, 'authorization') as AuthorizationConfig | undefined;
  const kinds = kindsOf(authentication, views, authenticators);
  const declaredPublic = operation !== undefined && isPublic(operation);
  const roles =
    operation === undefined ? undefined : authorization?.roles?.[`${operation.method} ${operation.path}`];

  if (declaredPublic && roles === undefined)
    return { kind: 'anybody', because: 'the definition makes it public' };
  if (authorization === undefined) {
    if (kinds === undefined) return { kind: 'anybody', because: whyOpen(views) };
    return { kind: 'known', because: 'authorization does not run' };
  }
  if (kinds === undefined) {
    return {
      kind: 'nobody',
      problem: 'credential-missing',
      because: `authorization asks who calls, but ${whyOpen(views)}`,
    };
  }
  const security = operation?.definition.security;
  if (security === undefined && roles === undefined) {
    if (authorization.undeclared === 'authenticated')
      return { kind: 'known', because: 'authorization.undeclared: authenticated' };
    return {
      kind: 'nobody',
      problem: 'not-decided',
      because: silences[typeof asked === 'string' ? asked : 'silent'],
    };
  }
  const all =
    security === undefined || declaredPublic
      ? []
      : compileSecurity(security, operation?.definition.shared.securitySchemes);
  const alternatives = all.filter((each) => canBeMet(each, kinds));
  if (all.length > 0 && alternatives.length === 0) {
    return { kind: 'nobody', problem: 'scope-insufficient', because: whyUnmet(all, kinds) };
  }
  return { kind: 'some', alternatives, roles: roles ?? [] };
}

const silences = {
  'no definition': 'there is no definition that says who may, and authorization.undeclared is refuse',
  'not defined': 'the definition does not have it, and authorization.undeclared is refuse',
  silent:
    'neither security in the definition nor authorization.roles says who may, and authorization.undeclared is refuse',
} as const;

/** The configuration of a policy that refuses; one in `monitor` only writes down what it would have done. */
function enforced(views: readonly PolicyView[], name: string): unknown {
  const view = views.find((each) => each.name === name);
  return view?.mode === 'enforce' ? view.config : undefined;
}

function whyOpen(views: readonly PolicyView[]): string {
  const mode = views.find(({ name }) => name === 'authentication')?.mode;
  return mode === 'enforce' ? 'authentication is none' : `authentication is in mode ${mode ?? 'off'}`;
}

/** The kinds of callers that can be known; undefined where nobody looks at credentials. */
function kindsOf(
  config: AuthenticationConfig | undefined,
  views: readonly PolicyView[],
  authenticators: Authenticators,
): ReadonlySet<Kind> | undefined {
  // Of several credentials together, the first says who calls.
  const ways = config === undefined || config === 'none' ? [] : alternativesOf(config);
  const kinds = new Set<Kind>(
    ways.map(([name = '']) => ('apiKey' in (authenticators[name] ?? {}) ? 'api-key' : 'jwt')),
  );
  const extended = views.some(
    ({ name, mode, phases }) =>
      name !== 'authentication' && mode === 'enforce' && phases.includes('identity'),
  );
  if (extended) kinds.add('custom');
  return kinds.size === 0 ? undefined : kinds;
}

/** A caller is known by one credential, so an alternative that needs two kinds is met by nobody. */
function canBeMet({ kinds }: CompiledAlternative, known: ReadonlySet<Kind>): boolean {
  // Whom an extension vouches for is of no kind in particular (authorization/security.ts).
  if (known.has('custom')) return !kinds.includes('unmet');
  return kinds.every((kind) => known.has(kind)) && new Set(kinds).size <= 1;
}

function whyUnmet(all: readonly CompiledAlternative[], known: ReadonlySet<Kind>): string {
  const asked = all
    .map(({ kinds }) => [...new Set(kinds)].map((kind) => words[kind]).join(' together with '))
    .join(', or ');
  const accepted = [...known].map((kind) => words[kind]).join(' or ');
  return `the definition asks for ${asked}; the API accepts ${accepted === '' ? 'nothing' : accepted}`;
}

const words: Readonly<Record<Kind, string>> = {
  jwt: 'a token',
  'api-key': 'an API key',
  custom: 'a credential of an extension',
  unmet: 'a credential that the gateway cannot check',
};

/** One line about who gets in. */
export function accessText(access: Access): string {
  switch (access.kind) {
    case 'anybody':
      return `anybody: ${access.because}`;
    case 'known':
      return `whoever is known: ${access.because}`;
    case 'nobody':
      return `nobody, always ${catalogue[access.problem].status} ${access.problem}: ${access.because}`;
    case 'some': {
      const { alternatives, roles } = access;
      const ways = alternatives.map(
        ({ kinds, scopes }) =>
          `${words[kinds[0] ?? 'jwt']}${scopes.length === 0 ? '' : ` with scope ${scopes.join(' ')}`}`,
      );
      const first = ways.length === 0 ? 'whoever is known' : ways.join(', or ');
      return roles.length === 0 ? first : `${first}, who has the role ${roles.join(' or ')}`;
    }
  }
}
