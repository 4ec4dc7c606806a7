import type { Principal } from '../../exchange.ts';
import type { SecurityAlternative, SecurityRequirement, SecurityScheme } from '../../openapi/definition.ts';
import type { Operation } from '../../routing/apis.ts';

/** Whether the definition says that the operation needs no credential (`security: []`, or `{}` among others). */
export function isPublic(operation: Operation): boolean {
  const { security } = operation.definition;
  return (
    security !== undefined &&
    (security.length === 0 || security.some((alternative) => alternative.length === 0))
  );
}

/** A way to satisfy the security of an operation: all the scopes, held by a credential of each kind. */
export interface CompiledAlternative {
  /** `unmet` is what no authenticator here vouches for, so that nobody satisfies it. */
  readonly kinds: readonly (Principal['kind'] | 'unmet')[];
  readonly scopes: readonly string[];
}

/** @param schemes those of the definition: they tell `http` with `bearer` from `basic`; without them it is bearer */
export function compileSecurity(
  security: readonly SecurityAlternative[],
  schemes?: Readonly<Record<string, SecurityScheme>>,
): readonly CompiledAlternative[] {
  return security.map((alternative) => ({
    kinds: alternative.map((requirement) => kindOf(requirement, schemes)),
    scopes: [...new Set(alternative.flatMap(({ scopes }) => scopes))],
  }));
}

/** OpenAPI 3.1 section 4.8.27: the types of security schemes. */
function kindOf(
  { type, scheme }: SecurityRequirement,
  schemes: Readonly<Record<string, SecurityScheme>> | undefined,
): Principal['kind'] | 'unmet' {
  if (type === 'apiKey') return 'api-key';
  if (type === 'oauth2' || type === 'openIdConnect') return 'jwt';
  if (type === 'mutualTLS') return 'certificate';
  if (type !== 'http') return 'unmet';
  const named = schemes === undefined ? 'bearer' : schemes[scheme]?.scheme;
  if (named === 'bearer') return 'jwt';
  return named === 'basic' ? 'password' : 'unmet';
}

/** Scopes are those of whoever calls; a credential that was asked for beside it has only to be there. */
export function satisfies(principal: Principal, alternative: CompiledAlternative): boolean {
  if (!isVouchedFor(principal, alternative)) return false;
  for (const scope of alternative.scopes) if (!principal.scopes.has(scope)) return false;
  return true;
}

/** Whether the request has a credential of each kind. */
export function isVouchedFor(principal: Principal, { kinds }: CompiledAlternative): boolean {
  for (const kind of kinds) {
    if (!isOfKind(principal, kind) && principal.also?.some((each) => isOfKind(each, kind)) !== true)
      return false;
  }
  return true;
}

/** Whom an extension vouches for is of no kind in particular. */
function isOfKind(principal: Principal, kind: CompiledAlternative['kinds'][number]): boolean {
  return kind !== 'unmet' && (principal.kind === 'custom' || principal.kind === kind);
}

/** For people. */
export const kindWords: Readonly<Record<CompiledAlternative['kinds'][number], string>> = {
  jwt: 'a token',
  'api-key': 'an API key',
  certificate: 'a client certificate',
  password: 'a username and password',
  custom: 'a credential of an extension',
  unmet: 'a credential that the gateway cannot check',
};
