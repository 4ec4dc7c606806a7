import { alternativesOf } from '../policies/authentication/combination.ts';
import type { AuthenticationConfig, AuthenticatorConfig } from '../policies/authentication/schema.ts';
import type { Check, CheckKind } from '../policies/authorization/checks.ts';
import { deniedToEverybody } from '../policies/authorization/checks.ts';
import type { OperationRules } from '../policies/authorization/rules.ts';
import {
  type CompiledAlternative,
  compileSecurity,
  isPublic,
  kindWords,
} from '../policies/authorization/security.ts';
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
      /** What has to be met besides, by kind. */
      readonly needs: readonly Need[];
    }
  | { readonly kind: 'nobody'; readonly problem: ProblemName; readonly because: string };

export interface Need {
  readonly kind: CheckKind;
  readonly asks: string;
}

type Kind = CompiledAlternative['kinds'][number];
type Authenticators = Readonly<Record<string, AuthenticatorConfig>>;

/**
 * Foretells what the two policies decide about an operation, whoever calls.
 * @param operation undefined for what no definition has
 * @param rules of authorization; undefined when it does not refuse
 */
export function whoMay(
  operation: Operation | undefined,
  rules: OperationRules | undefined,
  views: readonly PolicyView[],
  authenticators: Authenticators,
): Access {
  const authentication = enforced(views, 'authentication') as AuthenticationConfig | undefined;
  const ways = waysIn(authentication, views, authenticators);
  const declaredPublic = operation !== undefined && isPublic(operation);
  if (rules === undefined) {
    if (declaredPublic) return { kind: 'anybody', because: 'the definition makes it public' };
    if (ways === undefined) return { kind: 'anybody', because: whyOpen(views) };
    return { kind: 'known', because: 'authorization does not run' };
  }
  const { checks } = rules;
  const first = (kind: CheckKind): Check | undefined => checks.find((check) => check.kind === kind);
  if (checks.some((check) => check.kind === 'deny' && check.asks === deniedToEverybody))
    return { kind: 'nobody', problem: 'denied', because: 'authorization denies it to everybody' };
  const needs = checks
    .filter(({ kind, isOptional }) => told.has(kind) && isOptional !== true)
    .map(({ kind, asks }) => ({ kind, asks }));
  if (first('credential') === undefined)
    return {
      kind: 'anybody',
      because: ['the definition makes it public', ...needs.map(needText)].join(', '),
    };
  if (ways === undefined) {
    return {
      kind: 'nobody',
      problem: 'credential-missing',
      because: `authorization asks who calls, but ${whyOpen(views)}`,
    };
  }
  const silence = first('decided');
  if (silence !== undefined) return { kind: 'nobody', problem: 'not-decided', because: silence.asks };
  const security = operation?.definition.security;
  const all =
    security === undefined || declaredPublic
      ? []
      : compileSecurity(security, operation?.definition.shared.securitySchemes);
  const alternatives = all.filter((each) => canBeMet(each, ways));
  if (all.length > 0 && alternatives.length === 0) {
    return { kind: 'nobody', problem: 'scope-insufficient', because: whyUnmet(all, ways) };
  }
  if (all.length === 0 && needs.length === 0)
    return { kind: 'known', because: 'authorization.undeclared: authenticated' };
  return { kind: 'some', alternatives, needs: [...needs, ...boundContent(rules)] };
}

/** Kinds of checks that are told as they are; the others say why nobody may. */
const told: ReadonlySet<CheckKind> = new Set([
  'deny',
  'scopes',
  'roles',
  'permissions',
  'condition',
  'binding',
]);

/** Bindings of bodies are decided later than the others, and ask the same. */
function boundContent({ request, reply }: OperationRules): Need[] {
  return [request, reply].flatMap((content) =>
    (content?.bindings ?? [])
      .filter(({ required }) => required)
      .map(({ binding: { text, owner } }) => ({
        kind: 'binding' as const,
        asks: `${text} is ${owner.text}`,
      })),
  );
}

function needText({ kind, asks }: Need): string {
  if (kind === 'deny') return `but ${asks}`;
  if (kind === 'condition') return `when ${asks}`;
  return kind === 'binding' ? `where ${asks}` : `who has the ${asks}`;
}

/** The configuration of a policy that refuses; one in `monitor` only writes down what it would have done. */
function enforced(views: readonly PolicyView[], name: string): unknown {
  const view = views.find((each) => each.name === name);
  return view?.mode === 'enforce' ? view.config : undefined;
}

function whyOpen(views: readonly PolicyView[]): string {
  const mode = views.find(({ name }) => name === 'authentication')?.mode;
  return mode === 'enforce' ? 'authentication is none' : `authentication is in mode ${mode ?? 'off'}`;
}

/** The kinds of credentials that one way in brings together. */
type Known = ReadonlySet<Kind>;

/** The ways in which callers can be known; undefined where nobody looks at credentials. */
function waysIn(
  config: AuthenticationConfig | undefined,
  views: readonly PolicyView[],
  authenticators: Authenticators,
): readonly Known[] | undefined {
  const named = config === undefined || config === 'none' ? [] : alternativesOf(config);
  const ways = named.map((names) => new Set(names.map((name) => kindOf(authenticators[name]))));
  const extended = views.some(
    ({ name, mode, phases }) =>
      name !== 'authentication' && mode === 'enforce' && phases.includes('identity'),
  );
  if (extended) ways.push(new Set<Kind>(['custom']));
  return ways.length === 0 ? undefined : ways;
}

function kindOf(config: AuthenticatorConfig | undefined): Kind {
  if (config === undefined) return 'unmet';
  if ('basic' in config) return 'password';
  if ('certificate' in config) return 'certificate';
  return 'apiKey' in config ? 'api-key' : 'jwt';
}

function canBeMet({ kinds }: CompiledAlternative, ways: readonly Known[]): boolean {
  return ways.some((known) =>
    // Whom an extension vouches for is of no kind in particular (authorization/security.ts).
    kinds.every((kind) => kind !== 'unmet' && (known.has(kind) || known.has('custom'))),
  );
}

function whyUnmet(all: readonly CompiledAlternative[], ways: readonly Known[]): string {
  const asked = all.map(({ kinds }) => wordsFor(kinds)).join(', or ');
  const accepted = [...new Set(ways.map(wordsFor))].join(' or ');
  return `the definition asks for ${asked}; the API accepts ${accepted === '' ? 'nothing' : accepted}`;
}

function wordsFor(kinds: Iterable<Kind>): string {
  return [...new Set(kinds)].map((kind) => kindWords[kind]).join(' together with ');
}

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
      const { alternatives, needs } = access;
      const ways = alternatives.map(
        ({ kinds, scopes }) =>
          `${wordsFor(kinds)}${scopes.length === 0 ? '' : ` with scope ${scopes.join(' ')}`}`,
      );
      const first = ways.length === 0 ? 'whoever is known' : ways.join(', or ');
      return [first, ...needs.map(needText)].join(', ');
    }
  }
}
