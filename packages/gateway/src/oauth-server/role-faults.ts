import type { Path } from '../config/fault-text.ts';
import { compileRoles } from '../policies/authorization/roles.ts';
import type { RolesConfig } from '../policies/authorization/roles-schema.ts';
import type { OauthServerConfig } from './schema.ts';

/** Roles that a scope asks for and that `roles:` does not have: nobody could ever grant it. */
export function roleFaults(
  { resources }: OauthServerConfig,
  written: RolesConfig | undefined,
): { readonly path: Path; readonly message: string }[] {
  const model = compileRoles(written);
  const faults: { path: Path; message: string }[] = [];
  for (const [resource, { scopes }] of Object.entries(resources)) {
    for (const [name, scope] of Object.entries(scopes)) {
      if (typeof scope === 'string') continue;
      for (const [index, role] of (scope.roles ?? []).entries()) {
        try {
          model.having([role]);
        } catch (error) {
          const path = ['oauthServer', 'resources', resource, 'scopes', name, 'roles', index];
          faults.push({ path, message: (error as Error).message });
        }
      }
    }
  }
  return faults;
}
