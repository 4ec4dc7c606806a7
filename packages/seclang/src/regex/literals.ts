import { members } from './byte-set.ts';
import type { Node } from './syntax.ts';

/** More strings than these are not told apart: looking for them would cost what it saves. */
const maximumStrings = 64;
const maximumLength = 24;

interface Known {
  /** Every string the node can take, in lower case; undefined if they are too many. */
  readonly exact: readonly string[] | undefined;
  /** One of these, in lower case, is somewhere in whatever the node takes. */
  readonly required: readonly string[] | undefined;
}

/**
 * Strings of which at least one stands in every text that the pattern matches, once the ASCII letters of the text are made
 * small. Undefined if there are none. They let a scan over many patterns at once say which of them need to be run.
 */
export function requiredLiterals(root: Node): readonly string[] | undefined {
  const literals = best(analyse(root));
  if (literals === undefined) return undefined;
  const distinct = [...new Set(literals)];
  return distinct.filter((one) => !distinct.some((other) => other !== one && one.includes(other))).sort();
}

const nothing: Known = { exact: [''], required: undefined };
const anything: Known = { exact: undefined, required: undefined };

function analyse(node: Node): Known {
  switch (node.kind) {
    case 'empty':
    case 'assertion':
    case 'look':
      return nothing;
    case 'backreference':
      return anything;
    case 'byte': {
      const small = new Set(members(node.set).map((byte) => lowerCase(String.fromCharCode(byte))));
      return { exact: small.size <= 8 && small.size > 0 ? [...small] : undefined, required: undefined };
    }
    case 'group':
    case 'atomic':
      return analyse(node.item);
    case 'alternatives':
      return either(node.items.map(analyse));
    case 'sequence':
      return inSequence(node.items.map(analyse));
    case 'repeat': {
      if (node.max === 0) return nothing;
      const item = analyse(node.item);
      if (node.min === 0) return node.max === 1 ? either([item, nothing]) : anything;
      if (node.min === node.max && node.min <= 8)
        return inSequence(Array.from({ length: node.min }, () => item));
      return { exact: undefined, required: best(item) };
    }
  }
}

function either(branches: readonly Known[]): Known {
  const exact = branches.flatMap((branch) => branch.exact ?? []);
  const known = branches.every((branch) => branch.exact !== undefined) && exact.length <= maximumStrings;
  const required = branches.map(best);
  const all = required.every((strings) => strings !== undefined)
    ? required.flatMap((strings) => strings!)
    : undefined;
  return {
    exact: known ? exact : undefined,
    required: all !== undefined && all.length <= maximumStrings ? all : undefined,
  };
}

function inSequence(items: readonly Known[]): Known {
  let whole = true;
  let run: readonly string[] = [''];
  let chosen: readonly string[] | undefined;
  for (const item of items) {
    const longer = item.exact === undefined ? undefined : product(run, item.exact);
    if (longer !== undefined) {
      run = longer;
      continue;
    }
    whole = false;
    chosen = better(better(chosen, useful(run)), best(item));
    run = item.exact ?? [''];
  }
  return { exact: whole ? run : undefined, required: better(chosen, useful(run)) };
}

function product(heads: readonly string[], tails: readonly string[]): readonly string[] | undefined {
  if (heads.length * tails.length > maximumStrings) return undefined;
  const all = heads.flatMap((head) => tails.map((tail) => head + tail));
  return all.some((text) => text.length > maximumLength) ? undefined : all;
}

const best = ({ exact, required }: Known): readonly string[] | undefined => better(useful(exact), required);

/** An empty string stands in every text and so says nothing. */
const useful = (strings: readonly string[] | undefined): readonly string[] | undefined =>
  strings === undefined || strings.length === 0 || strings.includes('') ? undefined : strings;

function better(one: readonly string[] | undefined, other: readonly string[] | undefined) {
  if (one === undefined || other === undefined) return one ?? other;
  const shortest = shortestLength(one) - shortestLength(other);
  if (shortest !== 0) return shortest > 0 ? one : other;
  return one.length <= other.length ? one : other;
}

const shortestLength = (strings: readonly string[]): number =>
  Math.min(...strings.map(({ length }) => length));

/** Of ASCII letters only; `toLowerCase` changes À too. */
export const lowerCase = (text: string): string =>
  text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
