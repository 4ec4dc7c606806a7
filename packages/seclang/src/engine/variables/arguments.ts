import type { NamedValue } from '../../body/content.ts';
import type { State } from '../state.ts';
import { collection, type Entry, flag, scalar } from './entry.ts';
import { names, values } from './lists.ts';

export function argumentVariables(): Entry[] {
  const get = (state: State): readonly NamedValue[] => state.query.arguments;
  const post = ({ content }: State): readonly NamedValue[] => content.arguments;
  const all = (state: State): readonly NamedValue[] =>
    state.content.arguments.length === 0 ? get(state) : [...get(state), ...post(state)];
  return [
    collection('ARGS', 'body', (state) => values('ARGS', all(state))),
    collection('ARGS_NAMES', 'body', (state) => names('ARGS_NAMES', all(state))),
    collection('ARGS_GET', 'never', (state) => values('ARGS_GET', get(state))),
    collection('ARGS_GET_NAMES', 'never', (state) => names('ARGS_GET_NAMES', get(state))),
    collection('ARGS_POST', 'body', (state) => values('ARGS_POST', post(state))),
    collection('ARGS_POST_NAMES', 'body', (state) => names('ARGS_POST_NAMES', post(state))),
    scalar('ARGS_COMBINED_SIZE', 'body', (state) => String(combinedSize(all(state)))),
    scalar('URLENCODED_ERROR', 'body', (state) => flag(state.query.isInvalid || state.isBodyInvalid)),
  ];
}

function combinedSize(list: readonly NamedValue[]): number {
  let size = 0;
  for (const { name, value } of list) size += name.length + value.length;
  return size;
}
