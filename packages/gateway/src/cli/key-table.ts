import type { ApiKeyRecord } from '../stores/api-keys.ts';
import { columns } from './columns.ts';

/** What is shown of a key; times are ISO 8601. */
export interface KeyView {
  readonly id: string;
  readonly name: string;
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly state: 'valid' | 'expired' | 'revoked';
  readonly created: string;
  readonly expires: string | null;
  readonly revoked: string | null;
}

/** @param now milliseconds since the epoch */
export function keyViews(records: readonly ApiKeyRecord[], now: number): KeyView[] {
  return records.map(({ id, name, subject, scopes, roles, createdAt, expiresAt, revokedAt }) => ({
    id,
    name,
    subject,
    scopes,
    roles,
    state:
      revokedAt !== undefined ? 'revoked' : expiresAt !== undefined && expiresAt <= now ? 'expired' : 'valid',
    created: new Date(createdAt).toISOString(),
    expires: iso(expiresAt),
    revoked: iso(revokedAt),
  }));
}

function iso(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}

/** One line for each key, in columns. */
export function keyTable(records: readonly ApiKeyRecord[], now: number): string {
  const rows = keyViews(records, now).map((view) => [
    view.id,
    view.state,
    view.name,
    view.subject === view.id ? '' : view.subject,
    view.scopes.join(','),
    view.roles.join(','),
    view.created.slice(0, 10),
    view.expires?.slice(0, 10) ?? 'never',
  ]);
  return columns([['ID', 'STATE', 'NAME', 'SUBJECT', 'SCOPES', 'ROLES', 'CREATED', 'EXPIRES'], ...rows]);
}
