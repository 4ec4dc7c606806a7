import type { Target } from '../parse/targets.ts';
import { compileExclusion, type Exclusions, isExcluded } from './exclusions.ts';
import type { Item } from './item.ts';
import { compileSelector } from './selector.ts';
import type { State } from './state.ts';
import type { TxNames } from './tx.ts';
import type { Changes, CollectionVariable } from './variables/entry.ts';
import { variables } from './variables/registry.ts';
import { storedMember, storedNames } from './variables/stored.ts';

/** What a link looks at, one of its targets with the exclusions of all of them applied. */
export interface EngineTarget {
  readonly changes: Changes;
  /** Says the same for targets that give the same values. */
  readonly key: string;
  readonly items: (state: State) => readonly Item[];
  /** Of a target that is one member of TX by its name, or their number. */
  readonly txMember: TxMember | undefined;
}

export interface TxMember {
  readonly slot: number;
  readonly key: string;
  readonly isCount: boolean;
}

/** An exclusion counts for all targets of its rule, wherever it stands. */
export function compileTargets(targets: readonly Target[], names: TxNames): EngineTarget[] {
  return targets
    .filter(({ excluded }) => !excluded)
    .map((target) => {
      const concerned = targets.filter(
        ({ excluded, variable }) => excluded && !target.count && variable === target.variable,
      );
      const exclusions = concerned.map(compileExclusion);
      const items = compileItems(target, names);
      const { changes } = variables.get(target.variable)!;
      const key = JSON.stringify([target, concerned]);
      if (exclusions.length > 0)
        return { changes, key, items: without(items, exclusions), txMember: undefined };
      return { changes, key, items, txMember: compileTxMember(target, names) };
    });
}

function without(items: EngineTarget['items'], exclusions: Exclusions): EngineTarget['items'] {
  return (state) => items(state).filter((item) => !isExcluded(exclusions, item));
}

function compileItems({ variable, selector, count }: Target, names: TxNames): EngineTarget['items'] {
  const items = compileMembers(variable, selector, names);
  if (!count) return items;
  const counted = `&${variable}`;
  const key = selector?.kind === 'name' ? selector.name : undefined;
  return (state) => [{ variable: counted, key, value: String(items(state).length) }];
}

function compileMembers(name: string, selector: Target['selector'], names: TxNames): EngineTarget['items'] {
  const variable = variables.get(name)!;
  if (variable.kind === 'scalar') {
    return (state) => {
      const value = variable.read(state);
      return value === undefined ? [] : [{ variable: name, key: undefined, value }];
    };
  }
  const members = membersOf(variable);
  if (selector === undefined) return members;
  if (name === 'TX' && selector.kind === 'name') return txMember(names.slot(selector.name), names);
  const selects = compileSelector(selector);
  if (name === 'TX') return txMembers(selects);
  if (selector.kind === 'name' && storedNames.has(name)) return oneStored(name, selector.name);
  return (state) => {
    const all = members(state);
    return all.length === 0 ? all : all.filter(({ key }) => key !== undefined && selects(key));
  };
}

function membersOf(variable: CollectionVariable): EngineTarget['items'] {
  return variable.changes === 'always' ? (state) => variable.read(state) : (state) => state.members(variable);
}

function txMember(slot: number, names: TxNames): EngineTarget['items'] {
  return ({ tx }) => {
    const value = tx.slot(slot);
    return value === undefined ? [] : [{ variable: 'TX', key: names.names[slot], value }];
  };
}

function oneStored(variable: string, name: string): EngineTarget['items'] {
  return (state) => {
    const item = storedMember(state, variable, name);
    return item === undefined ? [] : [item];
  };
}

/** Which of the slots are meant is known once all rules are compiled. */
function txMembers(selects: (key: string) => boolean): EngineTarget['items'] {
  let slots: readonly number[] | undefined;
  return ({ tx, setup }) => {
    slots ??= setup.names.names.flatMap((name, slot) => (selects(name) ? [slot] : []));
    return tx.items(slots, selects);
  };
}

function compileTxMember({ variable, selector, count }: Target, names: TxNames): TxMember | undefined {
  if (variable !== 'TX' || selector?.kind !== 'name') return undefined;
  const slot = names.slot(selector.name);
  return { slot, key: count ? selector.name : names.names[slot]!, isCount: count };
}
