import { verifyCC, verifyCPF, verifySSN, verifySVNR } from './identifiers.ts';
import { ipMatch, ipMatchFromFile } from './ip-match.ts';
import { eq, ge, gt, le, lt } from './numbers.ts';
import { type Matcher, type Operator, OperatorFault } from './operator.ts';
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
  fuzzyHash: unsupported('it compares with the hashes of a library that is not part of this engine'),
  ge,
  geoLookup: unsupported('there is no database of places; refuse countries where the address is known'),
  gsbLookup: unsupported('the service that it asks is no more'),
  gt,
  inspectFile: unsupported('it runs a program for each file that is uploaded'),
  ipMatch,
  ipMatchF: ipMatchFromFile,
  ipMatchFromFile,
  le,
  lt,
  noMatch,
  pm,
  pmf: pmFromFile,
  pmFromFile,
  rbl: unsupported(
    'it asks a name server for each request, which would hold the request up and tell others of the client',
  ),
  streq,
  strmatch,
  unconditionalMatch,
  validateByteRange,
  validateUrlEncoding,
  validateUtf8Encoding,
  within,
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

function unsupported(because: string): Operator {
  return () => {
    throw new OperatorFault(`this operator is not supported: ${because}`);
  };
}

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
