import type { Principal, Refuse } from '../../exchange.ts';
import { refuse } from '../../exchange.ts';
import { definePolicy } from '../../policy.ts';
import type { Operation } from '../../routing/apis.ts';
import type { Environment } from '../../environment.ts';
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
  summary: 'The scopes that the definition asks for, and roles per operation; what no rule allows is refused.',
  phase: 'authorize',
  schema,
  problems: ['credential-missing', 'scope-insufficient', 'role-insufficient', 'not-decided'],
  onFault: 'refuse',
  byDefault: ({ hasDefinition }) => (hasDefinition ? {} : undefined),
  prepare(config, environment) {
    const rules = compileRules(config.roles ?? {}, environment);
    const letKnownIn = config.undeclared === 'authenticated';
    return {
      authorize({ operation, principal }) {
        const rule = operation === undefined ? undefined : rules.get(operation);
        if (rule?.isPublic === true && rule.roles === undefined) return undefined;
        if (principal === undefined) return refuse('credential-missing', { reason: 'not public', fields: bearer });
        if (rule === undefined || (rule.alternatives === undefined && rule.roles === undefined)) {
          return letKnownIn ? undefined : refuse('not-decided');
        }
        return checkScopes(principal, rule) ?? checkRoles(principal, rule);
      },
    };
  },
});

const bearer = ['www-authenticate', 'Bearer'];

function checkScopes(principal: Principal, { alternatives, isPublic: open }: Rule): Refuse | undefined {
  if (alternatives === undefined || open) return undefined;
  for (const alternative of alternatives) if (satisfies(principal, alternative)) return undefined;
  const wanted = alternatives.find(({ kinds }) => kinds.includes(principal.kind)) ?? alternatives[0];
  const scope = wanted?.scopes.join(' ') ?? '';
  return refuse('scope-insufficient', {
    reason: scope === '' ? `no alternative for ${principal.kind}` : `needs ${scope}`,
    // RFC 6750 section 3.1.
    fields: ['www-authenticate', `Bearer error="insufficient_scope"${scope === '' ? '' : `, scope="${scope}"`}`],
  });
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
    if (!known.has(written)) throw new Error(`authorization: roles names ${written}, which the definition does not have`);
  }
  for (const operation of operations) {
    const { security } = operation.definition;
    rules.set(operation, {
      isPublic: isPublic(operation),
      alternatives: security === undefined ? undefined : compileSecurity(security),
      roles: roles[`${operation.method} ${operation.path}`],
    });
  }
  return rules;
}
