import { toInteger } from '../operators/numbers.ts';
import type { Effect, SetVariable } from '../parse/action.ts';
import { constantText, type Macro } from '../parse/macro.ts';
import type { StoredCollection } from './collections.ts';
import type { ControlCompiler } from './controls.ts';
import type { State } from './state.ts';
import { compileText } from './text.ts';
import type { TxNames } from './tx.ts';

/** What a rule does each time it matches. */
export type Change = (state: State) => void;

export function compileEffect(effect: Effect, names: TxNames, control: ControlCompiler): Change {
  switch (effect.kind) {
    case 'setvar':
      return effect.collection === 'TX' ? setTx(effect, names) : setStored(effect, names);
    case 'expirevar':
      return expire(effect, names);
    case 'initcol': {
      const key = compileText(effect.key, names);
      return (state) => state.open(effect.collection, key(state));
    }
    case 'setenv': {
      const value = compileText(effect.value, names);
      return (state) => void state.variables.set(effect.name, value(state));
    }
    case 'setsid':
      return identify('SESSION', effect.value, names);
    case 'setuid':
      return identify('USER', effect.value, names);
    case 'setrsc':
      return identify('RESOURCE', effect.value, names);
    case 'ctl':
      return control(effect.control);
  }
}

function setTx(effect: SetVariable, names: TxNames): Change {
  const next = compileNext(effect, names);
  const constant = constantText(effect.key);
  if (constant !== undefined) {
    const slot = names.slot(constant);
    return (state) => state.tx.setSlot(slot, next(state, state.tx.slot(slot)));
  }
  const key = compileText(effect.key, names);
  if (effect.operation === 'set' || effect.operation === 'remove')
    return (state) => state.tx.set(key(state), next(state, undefined));
  return (state) => {
    const name = key(state);
    state.tx.set(name, next(state, state.tx.get(name)));
  };
}

/** Of a collection that no `initcol` has opened nothing is set, as in ModSecurity. */
function setStored(effect: SetVariable, names: TxNames): Change {
  const next = compileNext(effect, names);
  const key = compileText(effect.key, names);
  return withCollection(effect.collection, (state, stored) => {
    const name = key(state);
    stored.set(name, next(state, stored.get(name, state.setup.now())));
  });
}

/** The value behind the operation, from the one before. Undefined removes. */
function compileNext(
  { operation, value }: SetVariable,
  names: TxNames,
): (state: State, before: string | undefined) => string | undefined {
  if (operation === 'remove') return () => undefined;
  const text = compileText(value, names);
  if (operation === 'set') return text;
  const sign = operation === 'add' ? 1 : -1;
  // Counters never go below zero, as in ModSecurity 2.
  return (state, before) =>
    String(Math.max(0, (before === undefined ? 0 : toInteger(before)) + sign * toInteger(text(state))));
}

function expire(effect: Extract<Effect, { kind: 'expirevar' }>, names: TxNames): Change {
  const key = compileText(effect.key, names);
  const seconds = compileText(effect.seconds, names);
  return withCollection(effect.collection, (state, stored) =>
    stored.expire(key(state), state.setup.now() + toInteger(seconds(state)) * 1_000),
  );
}

function withCollection(name: string, change: (state: State, stored: StoredCollection) => void): Change {
  return (state) => {
    const stored = state.written(name);
    if (stored !== undefined) change(state, stored);
  };
}

function identify(name: string, macro: Macro, names: TxNames): Change {
  const text = compileText(macro, names);
  return (state) => {
    const id = text(state);
    if (name === 'SESSION') state.sessionId = id;
    if (name === 'USER') state.userId = id;
    state.open(name, id);
  };
}
