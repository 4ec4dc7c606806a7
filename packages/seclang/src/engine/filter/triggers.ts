import { allClasses, anyCapital, type Classes, classesOf, join, noClasses } from './byte-classes.ts';

const whitespace = classesOf(' \t');
const letters = classesOf('abcdefghijklmnopqrstuvwxyz');

/**
 * By the name of a transformation: a value with no byte of these classes comes out of it as it went in. Those that change
 * every value, or that are hardly used, are not listed.
 */
const triggers: ReadonlyMap<string, Classes> = new Map([
  ['cmdLine', join(anyCapital, whitespace, classesOf('\\"\'^,;/('))],
  ['compressWhitespace', join(whitespace, classesOf('\xa0'))],
  ['cssDecode', classesOf('\\')],
  ['escapeSeqDecode', classesOf('\\')],
  ['htmlEntityDecode', classesOf('&')],
  ['jsDecode', classesOf('\\')],
  ['lowercase', anyCapital],
  ['normalizePath', classesOf('/.')],
  ['normalizePathWin', classesOf('/.\\')],
  ['removeComments', classesOf('/*-#<>!')],
  ['removeCommentsChar', classesOf('/*-#<>!')],
  ['removeNulls', classesOf('\0')],
  ['removeWhitespace', join(whitespace, classesOf('\xa0'))],
  ['replaceComments', classesOf('/*')],
  ['replaceNulls', classesOf('\0')],
  ['trim', whitespace],
  ['trimLeft', whitespace],
  ['trimRight', whitespace],
  ['uppercase', letters],
  ['urlDecode', classesOf('%+')],
  ['urlDecodeUni', classesOf('%+')],
  ['utf8toUnicode', classesOf('\x80\0')],
]);

/** Undefined for one that may change any value, the empty one too. */
export const triggerOf = (transformation: string): Classes | undefined => triggers.get(transformation);

/** Where a value has a byte of one class, others may come that it does not have. */
export interface Addition {
  readonly cause: Classes;
  readonly added: Classes;
}

const blank = classesOf(' ');
const anyByte = (cause: Classes): Addition[] => [{ cause, added: allClasses }];

/** Of those above; one that only takes bytes away, or makes letters small, adds nothing. */
const additions: ReadonlyMap<string, readonly Addition[]> = new Map<string, readonly Addition[]>([
  ['cmdLine', [{ cause: join(whitespace, classesOf(',;')), added: blank }]],
  ['compressWhitespace', [{ cause: join(whitespace, classesOf('\xa0')), added: blank }]],
  ['cssDecode', anyByte(classesOf('\\'))],
  ['escapeSeqDecode', anyByte(classesOf('\\'))],
  ['htmlEntityDecode', anyByte(classesOf('&'))],
  ['jsDecode', anyByte(classesOf('\\'))],
  ['lowercase', []],
  ['normalizePath', []],
  ['normalizePathWin', [{ cause: classesOf('\\'), added: classesOf('/') }]],
  ['removeCommentsChar', []],
  ['removeNulls', []],
  ['removeWhitespace', []],
  ['replaceComments', [{ cause: classesOf('/'), added: blank }]],
  ['replaceNulls', [{ cause: classesOf('\0'), added: blank }]],
  ['trim', []],
  ['trimLeft', []],
  ['trimRight', []],
  ...['urlDecode', 'urlDecodeUni'].map(
    (name) => [name, [{ cause: classesOf('+'), added: blank }, ...anyByte(classesOf('%'))]] as const,
  ),
]);

/** What may come of any value for those that are not listed. */
export function additionsOf(transformation: string): readonly Addition[] {
  return additions.get(transformation) ?? anyByte(triggerOf(transformation) ?? noClasses);
}

export const listedTriggers: Iterable<string> = triggers.keys();
