import { anyCapital, type Classes, classesOf, join } from './byte-classes.ts';

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

export const listedTriggers: Iterable<string> = triggers.keys();
