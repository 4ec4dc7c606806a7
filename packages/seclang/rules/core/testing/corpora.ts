import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { bytesOf, readLines } from './lines.ts';
import { type Sample, sampleAt } from './places.ts';

/** One request of a corpus. */
export interface Case {
  readonly family: string;
  readonly place: string;
  /** As it stands in the file. */
  readonly text: string;
  readonly sample: Sample;
}

/** Where an attack is put whose line names no place: where services take values from. */
const everywhere = (
  'arg twice name segment last json nested content jsonname form part file field cookie xml attribute ' +
  'graphql textjson formjson untyped'
).split(' ');
/** Not every attack works everywhere: no server reads markup from the name of a cookie, or two lines from a field. */
const placesOf: Readonly<Record<string, readonly string[]>> = {
  'field-injection': 'arg twice json nested form part xml textjson untyped'.split(' '),
  'file-access': 'arg twice json nested form part field cookie xml attribute textjson formjson untyped'.split(
    ' ',
  ),
  'request-forgery': 'arg json nested form part xml attribute graphql textjson untyped'.split(' '),
  'xml-entities': 'arg json nested form part textjson untyped'.split(' '),
  deserialisation: 'arg json nested form part cookie xml textjson formjson untyped'.split(' '),
  'nosql-injection': 'arg last json nested form part textjson untyped'.split(' '),
  'command-injection': 'arg twice last json nested form part field xml textjson untyped'.split(' '),
};
const ordinary = 'arg json nested form part xml graphql textjson untyped content'.split(' ');
const ofContent = 'content json nested form part textjson xml'.split(' ');
const perLine = 2;

/** A number that stays the same for a text, however many others there are. */
const hash = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE();

/** Those that came late were all looked at. */
export const isHeldOut = ({ family, text }: Case): boolean =>
  family !== 'late' && hash(`held out ${text}`) % 4 === 0;

/** `@place value`, or a value for places of the choice of its hash. */
function casesOf(family: string, text: string, places: readonly string[]): Case[] {
  const named = /^@(\S+) (.*)$/.exec(text);
  if (named !== null) return [caseAt(family, text, named[1]!, named[2]!)];
  const first = hash(text) % places.length;
  const step = 1 + (hash(`step ${text}`) % (places.length - 1));
  return Array.from({ length: perLine }, (_, at) =>
    caseAt(family, text, places[(first + at * step) % places.length]!, text),
  );
}

function caseAt(family: string, text: string, place: string, value: string): Case {
  return { family, place, text, sample: sampleAt(place, bytesOf(value)) };
}

export function attackCases(): Case[] {
  return globSync(`${import.meta.dirname}/attacks/*.txt`)
    .sort()
    .flatMap((path) => {
      const family = basename(path, '.txt');
      return readLines(path).flatMap(({ text }) => casesOf(family, text, placesOf[family] ?? everywhere));
    });
}

/** @param kind `ordinary`, or those that carry code, lessons of SQL or markup as their content */
export function benignCases(kind: 'ordinary' | 'content'): Case[] {
  const files = kind === 'content' ? ['content'] : ['values', 'requests'];
  const places = kind === 'content' ? ofContent : ordinary;
  return files.flatMap((file) =>
    readLines(`${import.meta.dirname}/benign/${file}.txt`).flatMap(({ group, text }) =>
      casesOf(group, text, places),
    ),
  );
}
