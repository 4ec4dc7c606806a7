import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Match, type Matcher, OperatorFault } from '../../../packages/seclang/src/operators/operator.ts';
import { findOperator, findRegexOperator } from '../../../packages/seclang/src/operators/registry.ts';
import { rxOptions, translatePattern } from '../../../packages/seclang/src/regex/translate.ts';
import { findTransformation } from '../../../packages/seclang/src/transformations/registry.ts';
import type { Outcome, Suite } from '../suite.ts';

/** As the files have it; more members than these would say more than is looked at, and fail. */
interface Vector {
  readonly type: 'tfn' | 'op';
  readonly name: string;
  readonly ret: 0 | 1;
  readonly input: string;
  readonly output?: string;
  readonly param?: string;
  readonly re_groups?: readonly string[];
  /** What the test needs beyond the operator: a database of places. */
  readonly resource?: string;
}

const members = new Set(['type', 'name', 'ret', 'input', 'output', 'param', 're_groups', 'resource']);

/** Names in the vectors that the language spells otherwise. */
const spelling: Readonly<Record<string, string>> = { cmd_line: 'cmdLine' };

/** Units of the rule language: what each transformation makes of a value, and whether each operator matches. */
export const secrules: Suite = {
  name: 'secrules',
  corpus: 'secrules',
  summary: 'transformations and operators of SecLang',
  parts: (folder) =>
    ['transformations', 'operators'].flatMap((kind) =>
      readdirSync(join(folder, kind))
        .filter((file) => file.endsWith('.json'))
        .sort()
        .map((file) => `${kind}/${file}`),
    ),
  outcomes(folder, part) {
    const vectors = JSON.parse(readFileSync(join(folder, part), 'utf8')) as Vector[];
    return vectors.map((vector, index) => outcomeOf(vector, index, join(folder, 'operators')));
  },
};

/** `valid` means: comes out as the vector says, so that every vector expects it. */
function outcomeOf(vector: Vector, id: number, folder: string): Outcome {
  const reason = faultOf(vector, folder);
  const what = `${vector.name} ${vector.param ?? ''} ${JSON.stringify(vector.input).slice(0, 60)}`;
  return { id, what, expected: 'valid', actual: reason === '' ? 'valid' : 'invalid', reason };
}

/** @returns what is wrong, empty for nothing */
function faultOf(vector: Vector, folder: string): string {
  for (const member of Object.keys(vector)) if (!members.has(member)) return `unknown member ${member}`;
  if (vector.type === 'tfn') return transformationFault(vector);
  return vector.type === 'op' ? operatorFault(vector, folder) : `unknown type ${vector.type}`;
}

function transformationFault(vector: Vector): string {
  const transform = findTransformation(spelling[vector.name] ?? vector.name);
  if (transform === undefined) return `unknown transformation ${vector.name}`;
  const actual = transform(bytes(vector.input));
  return actual === bytes(vector.output!) ? '' : `gives ${JSON.stringify(actual)}`;
}

function operatorFault(vector: Vector, folder: string): string {
  let match: Match;
  try {
    const matcher = prepare(vector, folder);
    if (matcher === undefined) return `unknown operator ${vector.name}`;
    match = matcher(bytes(vector.input));
  } catch (error) {
    if (error instanceof OperatorFault) return 'refused at load';
    throw error;
  }
  if ((match !== false) !== (vector.ret === 1)) return match === false ? 'does not match' : 'matches';
  const groups = vector.re_groups?.map(bytes);
  if (groups === undefined || match === false) return '';
  // Those of rxGlobal list what the first matches capture, not always all.
  const captured = vector.name === 'rxGlobal' ? match.slice(0, groups.length) : match;
  return JSON.stringify(groups) === JSON.stringify(captured) ? '' : `captures ${JSON.stringify(match)}`;
}

function prepare({ name, param = '' }: Vector, folder: string): Matcher | undefined {
  const argument = bytes(param);
  const withRegex = findRegexOperator(name);
  if (withRegex !== undefined) return withRegex(new RegExp(translatePattern(argument, rxOptions).source));
  return findOperator(name)?.(argument, {
    // The names in the vectors are relative to the project that they come from.
    readFile: (file) => readFileSync(join(folder, 'op', basename(file)), 'latin1'),
  });
}

/**
 * Bytes of a text: UTF-8, in which `\xHH` and `\uHHHH` that stand there literally are a byte each, as the project that
 * the vectors come from reads them. It takes any two letters behind `\x`; those that are no number count as zero.
 */
function bytes(text: string): string {
  return Buffer.from(text, 'utf8')
    .toString('latin1')
    .replace(/\\x([a-z0-9]{2})/gi, (_, digits: string) => byte(digits))
    .replace(/\\u([a-z0-9]{4})/gi, (_, digits: string) => byte(digits));
}

function byte(digits: string): string {
  return String.fromCharCode((Number.parseInt(digits, 16) || 0) & 0xff);
}
