import { compilePattern } from '../regex/compile.ts';
import { PatternError } from '../regex/syntax.ts';
import { rxOptions } from '../regex/translate.ts';
import { parseActions } from './actions.ts';
import { parseIds, wholeNumber } from './control.ts';
import type { LogicalLine } from './lines.ts';
import { parseOperator } from './operator.ts';
import { type Position, SyntaxProblem } from './problem.ts';
import { hasNoEffect, parseSetting } from './settings.ts';
import type { Choice, Statement } from './statement.ts';
import { parseTargets } from './targets.ts';
import { type Dialect, excerpt, splitWords } from './words.ts';

/** @throws SyntaxProblem */
export function parseDirective({ text, file, line }: LogicalLine, dialect: Dialect): Statement {
  const name = /^\S+/.exec(text)![0];
  const words = splitWords(text.slice(name.length), dialect);
  const at: Position = { file, line };
  const read = directives.get(name.toLowerCase());
  if (read !== undefined) return read(words, at, name);
  const apply = parseSetting(name, words);
  if (apply !== undefined) return { ...at, kind: 'setting', apply };
  if (hasNoEffect(name)) return { ...at, kind: 'ignored', name };
  throw new SyntaxProblem(`unknown directive ${excerpt(name)}`);
}

type Reader = (words: readonly string[], at: Position, name: string) => Statement;

const directives: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    'secrule',
    (words, at, name) => {
      const [targets, operator, actions = ''] = expect(words, name, 2, 3);
      return {
        ...at,
        kind: 'rule',
        targets: parseTargets(targets!),
        operator: parseOperator(operator!),
        actions: parseActions(actions),
      };
    },
  ],
  [
    'secaction',
    (words, at, name) => ({ ...at, kind: 'action', actions: parseActions(expect(words, name, 1)[0]!) }),
  ],
  [
    'secdefaultaction',
    (words, at, name) => ({ ...at, kind: 'default', actions: parseActions(expect(words, name, 1)[0]!) }),
  ],
  ['secmarker', (words, at, name) => ({ ...at, kind: 'marker', name: expect(words, name, 1)[0]! })],
  ['secruleupdatetargetbyid', updateTarget(byId)],
  ['secruleupdatetargetbytag', updateTarget((word) => byPattern('tag', word))],
  ['secruleupdatetargetbymsg', updateTarget((word) => byPattern('msg', word))],
  ['secruleupdateactionbyid', updateAction],
  ['secruleremovebyid', (words, at) => ({ ...at, kind: 'remove', rules: byId(words.join(' ')) })],
  ['secruleremovebytag', removeBy('tag')],
  ['secruleremovebymsg', removeBy('msg')],
  ['include', include(false)],
  ['includeoptional', include(true)],
]);

function expect(words: readonly string[], name: string, least: number, most = least): readonly string[] {
  if (words.length >= least && words.length <= most) return words;
  const number = least === most ? `${least}` : `${least} to ${most}`;
  throw new SyntaxProblem(`${name} takes ${number} words, found ${words.length}`);
}

function updateTarget(choose: (word: string) => Choice): Reader {
  return (words, at, name) => {
    const [rules, targets, replaced] = expect(words, name, 2, 3);
    return {
      ...at,
      kind: 'update-target',
      rules: choose(rules!),
      targets: parseTargets(targets!),
      replaced: replaced === undefined ? [] : parseTargets(replaced),
    };
  };
}

/** `id` or `id:n`, the n-th link behind the first of a chain. */
function updateAction(words: readonly string[], at: Position, name: string): Statement {
  const [rule, actions] = expect(words, name, 2);
  const [id, link = '0', more] = rule!.split(':');
  if (more !== undefined) throw new SyntaxProblem(`not the number of a rule: ${excerpt(rule!)}`);
  const parsed = parseActions(actions!);
  if (parsed.some(({ kind }) => kind === 'id' || kind === 'phase' || kind === 'chain'))
    throw new SyntaxProblem(`${name} changes neither id, phase nor chain`);
  return { ...at, kind: 'update-action', id: wholeNumber(id!), link: wholeNumber(link), actions: parsed };
}

function removeBy(by: 'tag' | 'msg'): Reader {
  return (words, at, name) => ({ ...at, kind: 'remove', rules: byPattern(by, expect(words, name, 1)[0]!) });
}

function include(optional: boolean): Reader {
  return (words, at, name) => ({ ...at, kind: 'include', pattern: expect(words, name, 1)[0]!, optional });
}

function byId(text: string): Choice {
  return { by: 'id', ids: parseIds(text) };
}

function byPattern(by: 'tag' | 'msg', pattern: string): Choice {
  try {
    compilePattern(pattern, rxOptions);
  } catch (error) {
    if (error instanceof PatternError) throw new SyntaxProblem(`pattern: ${error.message}`);
    throw error;
  }
  return { by, pattern };
}
