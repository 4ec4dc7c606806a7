import { verifyCC, verifyCPF, verifySSN, verifySVNR } from './identifiers.ts';
import { ipMatch, ipMatchFromFile } from './ip-match.ts';
import { eq, ge, gt, le, lt } from './numbers.ts';
import type { Matcher, Operator } from './operator.ts';
import { pm, pmFromFile, strmatch } from './phrases.ts';
import { rx, rxGlobal } from './regex.ts';
import { detectSQLi } from './sqli/detect.ts';
import {
  beginsWith,
  contains,
  containsWord,
  endsWith,
  noMatch,
  streq,
  unconditionalMatch,
  within,
} from './text.ts';
import { unsupportedOperators } from './unsupported.ts';
import { validateByteRange, validateUrlEncoding, validateUtf8Encoding } from './validate.ts';
import { detectXSS } from './xss/detect.ts';

/** By name as the language spells it; each takes its argument as text. */
export const operators: Readonly<Record<string, Operator>> = {
  beginsWith,
  contains,
  containsWord,
  detectSQLi,
  detectXSS,
  endsWith,
  eq,
  ge,
  gt,
  ipMatch,
  ipMatchF: ipMatchFromFile,
  ipMatchFromFile,
  le,
  lt,
  noMatch,
  pm,
  pmf: pmFromFile,
  pmFromFile,
  streq,
  strmatch,
  unconditionalMatch,
  validateByteRange,
  validateUrlEncoding,
  validateUtf8Encoding,
  within,
  ...Object.fromEntries(Array.from(unsupportedOperators.keys(), (name) => [name, noMatch])),
};

/** Those whose argument is an expression, which is translated and compiled before. */
export const regexOperators: Readonly<Record<string, (pattern: RegExp) => Matcher>> = {
  rx,
  rxGlobal,
  verifyCC,
  verifyCPF,
  verifySSN,
  verifySVNR,
};

const byLowerCase = new Map(
  Object.entries(operators).map(([name, operator]) => [name.toLowerCase(), operator]),
);
const regexByLowerCase = new Map(
  Object.entries(regexOperators).map(([name, operator]) => [name.toLowerCase(), operator]),
);

/** Names are matched without regard to case. @returns undefined for a name that the language does not have, or whose argument is an expression */
export function findOperator(name: string): Operator | undefined {
  return byLowerCase.get(name.toLowerCase());
}

export function findRegexOperator(name: string): ((pattern: RegExp) => Matcher) | undefined {
  return regexByLowerCase.get(name.toLowerCase());
}
