import type { OauthClient } from '../stores/oauth-clients.ts';
import { columns } from './columns.ts';

/** What is shown of a client; times are ISO 8601. Nothing of its secret. */
export interface ClientView {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly state: 'valid' | 'revoked';
  readonly origin: string;
  readonly firstParty: boolean;
  readonly redirectUris: readonly string[];
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly created: string;
  readonly revoked: string | null;
}

export function clientViews(clients: readonly OauthClient[]): ClientView[] {
  return clients.map(
    ({ id, name, kind, origin, firstParty, redirectUris, scopes, roles, createdAt, revokedAt }) => ({
      id,
      name,
      kind,
      state: revokedAt === undefined ? 'valid' : 'revoked',
      origin,
      firstParty,
      redirectUris,
      scopes,
      roles,
      created: new Date(createdAt).toISOString(),
      revoked: revokedAt === undefined ? null : new Date(revokedAt).toISOString(),
    }),
  );
}

/** One line for each client, in columns. */
export function clientTable(clients: readonly OauthClient[]): string {
  const rows = clientViews(clients).map((view) => [
    view.id,
    view.state,
    view.kind,
    view.origin === 'operator' ? (view.firstParty ? 'first party' : 'third party') : 'self-registered',
    view.name,
    view.scopes.join(','),
    view.created.slice(0, 10),
  ]);
  return columns([['ID', 'STATE', 'KIND', 'WHOSE', 'NAME', 'SCOPES', 'CREATED'], ...rows]);
}
