import type { OperatorEnvironment } from '../operators/operator.ts';
import { fileLines, words } from '../operators/phrases.ts';
import { findRegexOperator } from '../operators/registry.ts';
import { byteRanges } from '../operators/validate.ts';
import { bytesFromTo, bytesOf, complement } from '../regex/byte-set.ts';
import { lowerCase } from '../regex/literals.ts';
import { rxOptions, translatePattern } from '../regex/translate.ts';
import type { OperatorNeeds } from './operator.ts';

/** What an operator with this argument cannot match without. */
export function needsOfOperator(
  name: string,
  argument: string,
  environment: OperatorEnvironment,
): OperatorNeeds | undefined {
  if (findRegexOperator(name) !== undefined)
    return { kind: 'pattern', root: translatePattern(argument, rxOptions).root };
  switch (name) {
    case 'pm':
      return { kind: 'phrases', phrases: words(argument).map(lowerCase) };
    case 'pmFromFile':
      return { kind: 'phrases', phrases: fileLines(argument, environment).map(lowerCase) };
    case 'streq':
    case 'contains':
    case 'containsWord':
    case 'beginsWith':
    case 'endsWith':
      return { kind: 'bytes', sets: Array.from(argument, bytesOf) };
    case 'validateByteRange':
      return { kind: 'bytes', sets: [complement(byteRanges(argument))] };
    case 'validateUrlEncoding':
      return { kind: 'bytes', sets: [bytesOf('%')] };
    case 'validateUtf8Encoding':
      return { kind: 'bytes', sets: [bytesFromTo(0x80, 0xff)] };
    default:
      return undefined;
  }
}
