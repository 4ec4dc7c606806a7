import { constantText, type Macro, type MacroVariable } from '../parse/macro.ts';
import { compileSelector } from './selector.ts';
import type { State } from './state.ts';
import type { TxNames } from './tx.ts';
import { variables } from './variables/registry.ts';
import { storedMember, storedNames } from './variables/stored.ts';

/** A text in which variables are filled in; what is not there is empty. */
export type Text = (state: State) => string;

export function compileText(macro: Macro, names: TxNames): Text {
  const constant = constantText(macro);
  if (constant !== undefined) return () => constant;
  const parts = macro.map((part): Text => (typeof part === 'string' ? () => part : variable(part, names)));
  const [first, second] = parts;
  if (second === undefined) return first!;
  if (parts.length === 2) return (state) => first!(state) + second(state);
  return (state) => {
    let text = '';
    for (const part of parts) text += part(state);
    return text;
  };
}

/** Of a collection the first value, with a key the first of this name. */
function variable({ variable: name, key }: MacroVariable, names: TxNames): Text {
  if (name === 'TX' && key !== undefined) {
    const slot = names.slot(key);
    return ({ tx }) => tx.slot(slot) ?? '';
  }
  const found = variables.get(name)!;
  if (found.kind === 'scalar') return (state) => found.read(state) ?? '';
  if (key === undefined) return (state) => found.read(state)[0]?.value ?? '';
  if (storedNames.has(name)) return (state) => storedMember(state, name, key)?.value ?? '';
  const selects = compileSelector({ kind: 'name', name: key });
  return (state) =>
    found.read(state).find((item) => item.key !== undefined && selects(item.key))?.value ?? '';
}
