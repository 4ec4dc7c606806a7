import { nearest } from '../../config/suggest.ts';
import type { Principal } from '../../exchange.ts';
import type { RolesConfig } from './roles-schema.ts';

/** What roles amount to: who has which, and who may what, as sets that are looked up in. */
export interface RoleModel {
  /** Names of all roles that are written down; empty when `roles:` is not there, and then every name may be one. */
  readonly names: readonly string[];
  /** The names of all permissions. */
  readonly permissions: readonly string[];
  /**
   * The roles of which a principal needs one, to have one of these: they and all that include them.
   * @throws Error for a name that `roles:` does not have
   */
  having(roles: readonly string[]): ReadonlySet<string>;
  /**
   * The roles of which a principal needs one, to have the permission.
   * @throws Error for a name that no role has
   */
  allowed(permission: string): ReadonlySet<string>;
  /** All roles of a principal, those included. */
  rolesOf(principal: Principal): ReadonlySet<string>;
  permissionsOf(principal: Principal): ReadonlySet<string>;
}

/** @param config what `roles:` says, without circles (roles-schema.ts) */
export function compileRoles(config: RolesConfig | undefined): RoleModel {
  const written = new Map(Object.entries(config ?? {}));
  const closures = new Map([...written.keys()].map((name) => [name, closureOf(name, written)]));
  const permissions = new Map<string, Set<string>>();
  for (const [name, closure] of closures) {
    for (const included of closure) {
      for (const permission of written.get(included)?.permissions ?? [])
        permissions.set(permission, (permissions.get(permission) ?? new Set()).add(name));
    }
  }
  const expanded = new WeakMap<Principal, { roles: Set<string>; permissions: Set<string> }>();

  function expand(principal: Principal): { roles: Set<string>; permissions: Set<string> } {
    let known = expanded.get(principal);
    if (known === undefined) {
      known = { roles: new Set(principal.roles), permissions: new Set() };
      for (const role of principal.roles) {
        for (const included of closures.get(role) ?? []) {
          known.roles.add(included);
          for (const permission of written.get(included)?.permissions ?? [])
            known.permissions.add(permission);
        }
      }
      expanded.set(principal, known);
    }
    return known;
  }

  return {
    names: [...written.keys()],
    permissions: [...permissions.keys()],
    having(roles) {
      for (const role of roles) if (written.size > 0) expectKnown('role', role, written.keys());
      const enough = new Set(roles);
      for (const [name, closure] of closures) if (roles.some((role) => closure.has(role))) enough.add(name);
      return enough;
    },
    allowed(permission) {
      expectKnown('permission', permission, permissions.keys());
      return permissions.get(permission)!;
    },
    rolesOf: (principal) => expand(principal).roles,
    permissionsOf: (principal) => expand(principal).permissions,
  };
}

/** The role itself and all that it includes, however far. */
function closureOf(name: string, written: ReadonlyMap<string, RolesConfig[string]>): ReadonlySet<string> {
  const closure = new Set<string>();
  const pending = [name];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (closure.has(next)) continue;
    closure.add(next);
    pending.push(...(written.get(next)?.includes ?? []));
  }
  return closure;
}

/** A name that nobody has would refuse everybody, and one that was mistyped is never meant. */
function expectKnown(kind: 'role' | 'permission', name: string, known: Iterable<string>): void {
  const names = [...known];
  if (names.includes(name)) return;
  const near = nearest(name, names);
  const hint = near === undefined ? `roles has: ${names.join(', ') || 'none'}` : `did you mean "${near}"?`;
  throw new Error(`there is no ${kind} "${name}"; ${hint}`);
}

/** Whether one of the names that the principal has is among these. */
export function hasOneOf(held: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  for (const name of held) if (wanted.has(name)) return true;
  return false;
}
