import { lowercase } from '../../transformations/letters.ts';
import type { StoredCollection } from '../collections.ts';
import type { Item } from '../item.ts';
import type { State } from '../state.ts';
import { collection, type Entry, flag, seconds } from './entry.ts';

export const storedNames: ReadonlySet<string> = new Set(['GLOBAL', 'IP', 'RESOURCE', 'SESSION', 'USER']);

export function storedVariables(): Entry[] {
  return Array.from(storedNames, (name) =>
    collection(name, 'always', (state) => {
      const stored = state.collection(name);
      if (stored === undefined) return [];
      const own = [...ownMembers].map(([key, read]) => ({ variable: name, key, value: read(stored, state) }));
      return [...own, ...stored.items(name, state.setup.now())];
    }),
  );
}

/** One member by its name, which is what rules nearly always ask for. */
export function storedMember(state: State, variable: string, name: string): Item | undefined {
  const stored = state.collection(variable);
  if (stored === undefined) return undefined;
  const key = lowercase(name).toUpperCase();
  const own = ownMembers.get(key)?.(stored, state);
  if (own !== undefined) return { variable, key, value: own };
  const member = stored.member(name, state.setup.now());
  return member && { variable, key: member.name, value: member.value };
}

/** What each collection says about itself. */
const ownMembers: ReadonlyMap<string, (stored: StoredCollection, state: State) => string> = new Map([
  ['KEY', ({ key }) => key],
  ['IS_NEW', ({ updates }) => flag(updates === 0)],
  ['CREATE_TIME', ({ created }) => seconds(created)],
  ['LAST_UPDATE_TIME', ({ updated }) => seconds(updated)],
  ['TIMEOUT', (_, { setup }) => seconds(setup.settings.collectionLifetime)],
  ['UPDATE_COUNTER', ({ updates }) => String(updates)],
  [
    'UPDATE_RATE',
    ({ updates, created }, { setup }) =>
      String(Math.round((updates * 60_000) / Math.max(setup.now() - created, 1_000))),
  ],
]);
