import type { OauthClient } from '../stores/oauth-clients.ts';
import type { OauthUser } from '../stores/oauth-users.ts';
import type { Resource } from './settings.ts';

/**
 * The scopes of a resource that a client may have: those that it was given, and of them those that the user may grant.
 * @param user undefined where nobody has signed in, or the client acts for itself
 */
export function permittedScopes(
  { scopes }: Pick<Resource, 'scopes'>,
  client: Pick<OauthClient, 'scopes'>,
  user: Pick<OauthUser, 'roles'> | undefined,
): string[] {
  const permitted: string[] = [];
  for (const [name, { roles }] of scopes) {
    if (!client.scopes.includes(name)) continue;
    if (user !== undefined && roles !== undefined && !roles.some((role) => user.roles.includes(role)))
      continue;
    permitted.push(name);
  }
  return permitted;
}
