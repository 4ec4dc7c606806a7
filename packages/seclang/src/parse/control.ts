import { SyntaxProblem } from './problem.ts';
import { parseTargets, type Target } from './targets.ts';
import { excerpt } from './words.ts';

/** Numbers of rules, from and to, both included. */
export interface IdRange {
  readonly from: number;
  readonly to: number;
}

export type EngineMode = 'On' | 'Off' | 'DetectionOnly';

/** `ctl:`, which changes how the rest of one transaction is treated. Tags and messages are patterns (PCRE). */
export type Control =
  | { readonly option: 'ruleRemoveById'; readonly ids: readonly IdRange[] }
  | { readonly option: 'ruleRemoveByTag' | 'ruleRemoveByMsg'; readonly pattern: string }
  | {
      readonly option: 'ruleRemoveTargetById';
      readonly ids: readonly IdRange[];
      readonly targets: readonly Target[];
    }
  | {
      readonly option: 'ruleRemoveTargetByTag' | 'ruleRemoveTargetByMsg';
      readonly pattern: string;
      readonly targets: readonly Target[];
    }
  | { readonly option: 'ruleEngine'; readonly mode: EngineMode }
  | { readonly option: 'auditEngine'; readonly mode: 'On' | 'Off' | 'RelevantOnly' }
  | { readonly option: 'auditLogParts'; readonly change: 'set' | 'add' | 'remove'; readonly parts: string }
  | { readonly option: 'requestBodyProcessor'; readonly processor: BodyProcessor }
  | {
      readonly option:
        | 'forceRequestBodyVariable'
        | 'requestBodyAccess'
        | 'responseBodyAccess'
        | 'forceResponseBodyVariable';
      readonly on: boolean;
    }
  | { readonly option: 'requestBodyLimit' | 'responseBodyLimit' | 'debugLogLevel'; readonly value: number };

export type BodyProcessor = (typeof bodyProcessors)[number];
/** SNIFFED is an addition of ours: it goes by what the body looks like. */
export const bodyProcessors = ['URLENCODED', 'MULTIPART', 'JSON', 'XML', 'SNIFFED'] as const;

const options = new Map(
  [
    'auditEngine',
    'auditLogParts',
    'debugLogLevel',
    'forceRequestBodyVariable',
    'forceResponseBodyVariable',
    'requestBodyAccess',
    'requestBodyLimit',
    'requestBodyProcessor',
    'responseBodyAccess',
    'responseBodyLimit',
    'ruleEngine',
    'ruleRemoveById',
    'ruleRemoveByMsg',
    'ruleRemoveByTag',
    'ruleRemoveTargetById',
    'ruleRemoveTargetByMsg',
    'ruleRemoveTargetByTag',
  ].map((name) => [name.toLowerCase(), name as Control['option']]),
);

/** @throws SyntaxProblem */
export function parseControl(text: string): Control {
  const equals = text.indexOf('=');
  const written = equals < 0 ? text : text.slice(0, equals);
  const option = options.get(written.trim().toLowerCase());
  if (option === undefined) throw new SyntaxProblem(`unknown ctl:${excerpt(written)}`);
  const value = equals < 0 ? '' : text.slice(equals + 1).trim();
  if (value === '') throw new SyntaxProblem(`ctl:${option} needs a value`);
  switch (option) {
    case 'ruleRemoveById':
      return { option, ids: parseIds(value) };
    case 'ruleRemoveByTag':
    case 'ruleRemoveByMsg':
      return { option, pattern: value };
    case 'ruleRemoveTargetById': {
      const [ids, targets] = withTargets(option, value);
      return { option, ids: parseIds(ids), targets };
    }
    case 'ruleRemoveTargetByTag':
    case 'ruleRemoveTargetByMsg': {
      const [pattern, targets] = withTargets(option, value);
      return { option, pattern, targets };
    }
    case 'ruleEngine':
      return { option, mode: oneOf(value, ['On', 'Off', 'DetectionOnly']) };
    case 'auditEngine':
      return { option, mode: oneOf(value, ['On', 'Off', 'RelevantOnly']) };
    case 'auditLogParts': {
      const parts = /^([+-]?)([A-Z]+)$/.exec(value);
      if (parts === null) throw new SyntaxProblem(`not parts of an audit log: ${excerpt(value)}`);
      const change = parts[1] === '+' ? 'add' : parts[1] === '-' ? 'remove' : 'set';
      return { option, change, parts: parts[2]! };
    }
    case 'requestBodyProcessor':
      return { option, processor: oneOf(value, bodyProcessors) };
    case 'requestBodyLimit':
    case 'responseBodyLimit':
    case 'debugLogLevel':
      return { option, value: wholeNumber(value) };
    default:
      return { option, on: oneOf(value, ['On', 'Off']) === 'On' };
  }
}

function withTargets(option: string, value: string): [string, Target[]] {
  const semicolon = value.indexOf(';');
  if (semicolon < 1) throw new SyntaxProblem(`ctl:${option} needs rules, a semicolon and a target`);
  const targets = parseTargets(value.slice(semicolon + 1));
  if (targets.some(({ count, excluded }) => count || excluded))
    throw new SyntaxProblem(`ctl:${option} takes targets without & and !`);
  return [value.slice(0, semicolon).trim(), targets];
}

/** `942100`, `942100-942199`, and several of them with commas or blanks. @throws SyntaxProblem */
export function parseIds(text: string): IdRange[] {
  return text.split(/[\s,]+/).map((part) => {
    const match = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(part);
    if (match === null)
      throw new SyntaxProblem(`not the number of a rule, nor a range of them: ${excerpt(part)}`);
    const from = Number(match[1]);
    const to = Number(match[2] ?? match[1]);
    if (to < from) throw new SyntaxProblem(`range of rules out of order: ${part}`);
    return { from, to };
  });
}

/** The word in the spelling of the list, whatever its case. @throws SyntaxProblem */
export function oneOf<const Word extends string>(text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word.toLowerCase() === text.toLowerCase());
  if (found === undefined)
    throw new SyntaxProblem(`${excerpt(text) || 'nothing'} is none of ${words.join(', ')}`);
  return found;
}

/** @throws SyntaxProblem */
export function wholeNumber(text: string, maximum = Number.MAX_SAFE_INTEGER): number {
  const number = /^\d{1,16}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(number <= maximum)) throw new SyntaxProblem(`not a whole number up to ${maximum}: ${excerpt(text)}`);
  return number;
}
