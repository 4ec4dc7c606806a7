import { durationText } from '../config/units.ts';
import type { ListedKey } from '../stores/api-keys.ts';
import { columns } from './columns.ts';

/** What is shown of a key; times are ISO 8601. */
export interface KeyView {
  readonly id: string;
  readonly name: string;
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** Networks; empty for anywhere. */
  readonly from: readonly string[];
  /** As `100/1m`. */
  readonly limits: readonly string[];
  readonly state: 'valid' | 'expired' | 'revoked';
  readonly created: string;
  readonly expires: string | null;
  readonly revoked: string | null;
  readonly used: string | null;
  readonly rotated: string | null;
  /** The secret before, while it counts. */
  readonly former: { readonly until: string; readonly used: string | null } | null;
}

/** @param now milliseconds since the epoch */
export function keyViews(records: readonly ListedKey[], now: number): KeyView[] {
  return records.map((record) => {
    const { id, name, subject, scopes, roles, addresses, limits, expiresAt, revokedAt, former } = record;
    const state =
      revokedAt !== undefined ? 'revoked' : expiresAt !== undefined && expiresAt <= now ? 'expired' : 'valid';
    return {
      id,
      name,
      subject,
      scopes,
      roles,
      from: addresses,
      limits: limits.map(({ quota, window }) => `${quota}/${durationText(window)}`),
      state,
      created: new Date(record.createdAt).toISOString(),
      expires: iso(expiresAt),
      revoked: iso(revokedAt),
      used: iso(record.usedAt),
      rotated: iso(record.rotatedAt),
      former:
        former === undefined || former.until <= now || state !== 'valid'
          ? null
          : { until: new Date(former.until).toISOString(), used: iso(former.usedAt) },
    };
  });
}

function iso(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}

/** To the minute. */
function shortly(time: string | null): string {
  return time === null ? '' : time.slice(0, 16).replace('T', ' ');
}

interface Column {
  readonly head: string;
  readonly cell: (view: KeyView) => string;
  /** Left out where no key has anything in it. */
  readonly optional?: true;
}

const all: readonly Column[] = [
  { head: 'ID', cell: ({ id }) => id },
  { head: 'STATE', cell: ({ state }) => state },
  { head: 'NAME', cell: ({ name }) => name },
  { head: 'SUBJECT', cell: ({ id, subject }) => (subject === id ? '' : subject) },
  { head: 'SCOPES', cell: ({ scopes }) => scopes.join(',') },
  { head: 'ROLES', cell: ({ roles }) => roles.join(',') },
  { head: 'FROM', cell: ({ from }) => from.join(','), optional: true },
  { head: 'LIMITS', cell: ({ limits }) => limits.join(','), optional: true },
  { head: 'CREATED', cell: ({ created }) => created.slice(0, 10) },
  { head: 'EXPIRES', cell: ({ expires }) => expires?.slice(0, 10) ?? 'never' },
  { head: 'USED', cell: ({ used }) => shortly(used) },
  { head: 'OLD SECRET UNTIL', cell: ({ former }) => shortly(former?.until ?? null), optional: true },
  {
    head: 'OLD SECRET USED',
    cell: ({ former }) => (former === null ? '' : shortly(former.used) || 'never'),
    optional: true,
  },
];

/** One line for each key, in columns; times are UTC. */
export function keyTable(records: readonly ListedKey[], now: number): string {
  const views = keyViews(records, now);
  const shown = all.filter(
    ({ optional, cell }) => optional !== true || views.some((view) => cell(view) !== ''),
  );
  return columns([
    shown.map(({ head }) => head),
    ...views.map((view) => shown.map(({ cell }) => cell(view))),
  ]);
}
