import { bytesOf } from '../../regex/byte-set.ts';
import type { Node } from '../../regex/syntax.ts';
import { allClasses, type Classes, classesOfSet, includes, join, likelihood } from './byte-classes.ts';

/**
 * What a value must have for a pattern to match: of each of these a byte. It says no more than that: a value that has them
 * need not match.
 */
export type Needs = readonly Classes[];

/** Those that leave out most; looking at more costs what it saves. */
const maximumNeeds = 6;

export function needsOf(node: Node): Needs {
  switch (node.kind) {
    case 'byte':
      return useful([classesOfSet(node.set)]);
    case 'empty':
    case 'assertion':
    case 'backreference':
      return [];
    case 'group':
    case 'atomic':
      return needsOf(node.item);
    case 'look':
      return node.negative ? [] : needsOf(node.item);
    case 'repeat':
      return node.min === 0 ? [] : needsOf(node.item);
    case 'sequence':
      return useful(node.items.flatMap(needsOf));
    case 'alternatives':
      return node.items.map(needsOf).reduce(either);
  }
}

/** One of the two is needed: of each pair the one or the other. */
function either(one: Needs, other: Needs): Needs {
  return useful(one.flatMap((classes) => other.map((others) => join(classes, others))));
}

/** Without those that follow from another, the rarest first. */
function useful(needs: Needs): Needs {
  const sorted = needs
    .filter((classes) => !includes(classes, withoutCapital))
    .sort((one, other) => likelihood(one) - likelihood(other));
  const kept: Classes[] = [];
  for (const classes of sorted) {
    if (kept.length === maximumNeeds) break;
    if (!kept.some((narrower) => includes(classes, narrower))) kept.push(classes);
  }
  return kept;
}

const withoutCapital: Classes = { letters: allClasses.letters >>> 1, marks: allClasses.marks };

/** What a text needs to be in a value. */
export function needsOfBytes(sets: readonly Parameters<typeof classesOfSet>[0][]): Needs {
  return useful(sets.map(classesOfSet));
}

/** What a value needs to have one of the phrases. */
export function needsOfPhrases(phrases: readonly string[]): Needs {
  return phrases.map((phrase) => needsOfBytes(Array.from(phrase, bytesOf))).reduce(either);
}
