import type { Environment } from '../../environment.ts';
import { type Principal, type Refuse, refuse } from '../../exchange.ts';
import { definePolicy } from '../../policy.ts';
import type { Operation } from '../../routing/apis.ts';
import { formatChallenge } from '../authentication/authenticator.ts';
import { allChallenges, realmOf } from '../authentication/challenges.ts';
import { schema } from './schema.ts';
import { type CompiledAlternative, compileSecurity, isPublic, satisfies } from './security.ts';

interface Rule {
  readonly isPublic: boolean;
  /** Undefined where the definition says nothing. */
  readonly alternatives: readonly CompiledAlternative[] | undefined;
  readonly roles: readonly string[] | undefined;
}

/** May the caller do this? Scopes and roles must both allow it; what no rule decides is refused. */
export const authorization = definePolicy({
  name: 'authorization',
  summary:
    'The scopes that the definition asks for, and roles per operation; what no rule allows is refused.',
  phase: 'authorize',
  schema,
  problems: ['credential-missing', 'scope-insufficient', 'role-insufficient', 'not-decided'],
  onFault: 'refuse',
  byDefault: ({ hasDefinition, isOpen }) => (hasDefinition && !isOpen ? {} : undefined),
  prepare(config, environment) {
    const rules = compileRules(config.roles ?? {}, environment);
    const letKnownIn = config.undeclared === 'authenticated';
    const challenges = allChallenges(environment);
    const realm = realmOf(environment);
    return {
      authorize({ operation, principal }) {
        const rule = operation === undefined ? undefined : rules.get(operation);
        if (rule?.isPublic === true && rule.roles === undefined) return undefined;
        if (principal === undefined)
          return refuse('credential-missing', { reason: 'not public', fields: challenges });
        if (rule === undefined || (rule.alternatives === undefined && rule.roles === undefined)) {
          return letKnownIn ? undefined : refuse('not-decided');
        }
        return checkScopes(principal, rule, realm) ?? checkRoles(principal, rule);
      },
    };
  },
});

function checkScopes(
  principal: Principal,
  { alternatives, isPublic: open }: Rule,
  realm: string,
): Refuse | undefined {
  if (alternatives === undefined || open) return undefined;
  for (const alternative of alternatives) if (satisfies(principal, alternative)) return undefined;
  const wanted = alternatives.find(({ kinds }) => kinds.every((kind) => isOfKind(principal, kind)));
  if (wanted === undefined) {
    return refuse('scope-insufficient', {
      detail: 'The operation asks for a credential of another kind.',
      reason: `no alternative for ${principal.kind}`,
      fields: challenge(principal, realm, []),
    });
  }
  const reason = `needs ${wanted.scopes.join(' ')}`;
  return refuse('scope-insufficient', { reason, fields: challenge(principal, realm, wanted.scopes) });
}

function isOfKind(principal: Principal, kind: Principal['kind'] | 'unmet'): boolean {
  return kind !== 'unmet' && (principal.kind === 'custom' || principal.kind === kind);
}

/** RFC 6749 section 3.3. Other characters could end the quotes that the scope stands in. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** RFC 6750 section 3.1. */
function challenge({ kind }: Principal, realm: string, scopes: readonly string[]): readonly string[] {
  const scheme = kind === 'api-key' ? 'ApiKey' : 'Bearer';
  const named = scopes.length > 0 && scopes.every((scope) => scopeToken.test(scope));
  const scope = named ? `, scope="${scopes.join(' ')}"` : '';
  return [
    'www-authenticate',
    formatChallenge({ scheme, parameters: ', error="insufficient_scope"' }, realm, scope),
  ];
}

function checkRoles(principal: Principal, { roles }: Rule): Refuse | undefined {
  if (roles === undefined) return undefined;
  for (const role of roles) if (principal.roles.has(role)) return undefined;
  return refuse('role-insufficient', { reason: `needs one of ${roles.join(', ')}` });
}

/** @throws Error when a role is given for an operation that the definition does not have */
function compileRules(
  roles: Readonly<Record<string, readonly string[]>>,
  { api }: Environment,
): ReadonlyMap<Operation, Rule> {
  const rules = new Map<Operation, Rule>();
  const operations = api?.operations ?? [];
  const known = new Set(operations.map(({ method, path }) => `${method} ${path}`));
  for (const written of Object.keys(roles)) {
    if (!known.has(written))
      throw new Error(`authorization: roles names ${written}, which the definition does not have`);
  }
  for (const operation of operations) {
    const { security, shared } = operation.definition;
    rules.set(operation, {
      isPublic: isPublic(operation),
      alternatives: security === undefined ? undefined : compileSecurity(security, shared.securitySchemes),
      roles: roles[`${operation.method} ${operation.path}`],
    });
  }
  return rules;
}
