import type { Principal } from '../../exchange.ts';
import type { SecurityAlternative, SecurityRequirement } from '../../openapi/definition.ts';
import type { Operation } from '../../routing/apis.ts';

/** Whether the definition says that the operation needs no credential (`security: []`, or `{}` among others). */
export function isPublic(operation: Operation): boolean {
  const { security } = operation.definition;
  return security !== undefined && (security.length === 0 || security.some((alternative) => alternative.length === 0));
}

/** A way to satisfy the security of an operation: all the scopes, held by a credential of each kind. */
export interface CompiledAlternative {
  /** `unmet` is what no authenticator here vouches for, so that nobody satisfies it. */
  readonly kinds: readonly (Principal['kind'] | 'unmet')[];
  readonly scopes: readonly string[];
}

export function compileSecurity(security: readonly SecurityAlternative[]): readonly CompiledAlternative[] {
  return security.map((alternative) => ({
    kinds: alternative.map(({ type }) => kindOf(type)),
    scopes: [...new Set(alternative.flatMap(({ scopes }) => scopes))],
  }));
}

/** OpenAPI 3.1 section 4.8.27: the types of security schemes. */
function kindOf(type: SecurityRequirement['type']): Principal['kind'] | 'unmet' {
  if (type === 'apiKey') return 'api-key';
  return type === 'oauth2' || type === 'openIdConnect' || type === 'http' ? 'jwt' : 'unmet';
}

export function satisfies(principal: Principal, alternative: CompiledAlternative): boolean {
  for (const kind of alternative.kinds) {
    if (kind === 'unmet') return false;
    if (principal.kind !== 'custom' && kind !== principal.kind) return false;
  }
  for (const scope of alternative.scopes) if (!principal.scopes.has(scope)) return false;
  return true;
}
