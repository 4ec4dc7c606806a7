import {
  allBytes,
  type ByteSet,
  complement,
  digits,
  equal,
  intersect,
  isEmpty,
  members,
  wordBytes,
} from './byte-set.ts';
import { firstOfSequence } from './first-bytes.ts';
import { lengths } from './lengths.ts';
import { type Assertion, type Node, PatternError, type Repeat } from './syntax.ts';

export interface Emitted {
  /** For `RegExp` without any flag but those that say where to start (`d`, `g`, `y`, `l`). */
  readonly source: string;
  /** For each group of PCRE, which of V8 hold it: several in a branch reset. At 0 the whole match. */
  readonly captures: readonly (readonly number[])[];
  /** Whether V8 numbers the groups as PCRE does and has no others. */
  readonly sameGroups: boolean;
}

/** The pattern in V8's syntax. */
export function emit(root: Node, groups: number): Emitted {
  const emitter = new Emitter(groups);
  const source = anchor(root) + emitter.node(root, [], false);
  return { source, captures: emitter.captures, sameGroups: emitter.sameGroups };
}

/**
 * A pattern that begins with `(?s).*` matches at the start if it matches anywhere. Said to V8, a text without a match is not
 * read again from every position (12 ms for 4 KiB), as PCRE does not either.
 */
function anchor(root: Node): string {
  const first = root.kind === 'sequence' ? root.items[0] : root;
  const all =
    first?.kind === 'repeat' && first.min === 0 && first.max === Infinity && first.mode !== 'possessive';
  return all && first.item.kind === 'byte' && equal(first.item.set, allBytes) ? '^' : '';
}

class Emitter {
  readonly captures: number[][];
  #count = 0;
  #inAtomic = 0;

  constructor(groups: number) {
    this.captures = Array.from({ length: groups + 1 }, (_, group) => (group === 0 ? [0] : []));
  }

  get sameGroups(): boolean {
    const { captures } = this;
    return this.#count === captures.length - 1 && captures.every(([group], number) => group === number);
  }

  /** @param rest what certainly follows in the same sequence */
  node(node: Node, rest: readonly Node[], behind: boolean): string {
    switch (node.kind) {
      case 'empty':
        return '';
      case 'byte':
        return emitSet(node.set);
      case 'assertion':
        return assertions[node.what];
      case 'sequence':
        return node.items
          .map((item, at) => {
            const source = this.node(item, [...node.items.slice(at + 1), ...rest], behind);
            return item.kind === 'alternatives' ? `(?:${source})` : source;
          })
          .join('');
      case 'alternatives':
        return node.items.map((item) => this.node(item, rest, behind)).join('|');
      case 'group': {
        this.captures[node.number]!.push(++this.#count);
        return `(${this.node(node.item, rest, behind)})`;
      }
      case 'look': {
        const sign = `${node.ahead ? '' : '<'}${node.negative ? '!' : '='}`;
        return `(?${sign}${this.node(node.item, [], !node.ahead)})`;
      }
      case 'backreference': {
        // Of the groups of a branch reset one is set, and V8 takes the others for empty.
        const reference = this.captures[node.number]!.map((group) => `\\${group}`).join('');
        return node.caseless ? `(?i:${reference})` : `(?:${reference})`;
      }
      case 'atomic':
        return this.#atomic(() => this.node(node.item, [], behind), behind);
      case 'repeat':
        return this.#repeat(node, rest, behind);
    }
  }

  #repeat(node: Repeat, rest: readonly Node[], behind: boolean): string {
    if (node.mode !== 'possessive') return this.#quantified(node, behind);
    if (givesNothingBack(node, rest)) return this.#quantified({ ...node, mode: 'greedy' }, behind);
    return this.#atomic(() => this.#quantified({ ...node, mode: 'greedy' }, behind), behind);
  }

  #quantified(node: Repeat, behind: boolean): string {
    const nullable = lengths(node.item).min === 0;
    // V8 takes no round of a loop that is empty, where PCRE does and leaves the loop. For `?` there is another way to say it.
    if (nullable && node.min === 0 && node.max === 1) {
      const item = this.node(node.item, [], behind);
      return node.mode === 'lazy' ? `(?:|${item})` : `(?:${item}|)`;
    }
    if (nullable && node.max > node.min && this.#inAtomic > 0)
      throw new PatternError('loop over what can be empty, in an atomic group', 0);
    // What follows a round may be another round: nothing is certain about it.
    const item = this.node(node.item, [], behind);
    const alone = node.item.kind === 'byte' || node.item.kind === 'group';
    return `${alone ? item : `(?:${item})`}${quantifier(node)}${node.mode === 'lazy' ? '?' : ''}`;
  }

  /** V8 has no atomic groups, but does not go back into a look-ahead either; what it took is then taken again. */
  #atomic(inner: () => string, behind: boolean): string {
    if (behind) throw new PatternError('atomic group in a look-behind', 0);
    const group = ++this.#count;
    this.#inAtomic++;
    const source = inner();
    this.#inAtomic--;
    return `(?=(${source}))(?:\\${group})`;
  }
}

/**
 * Whether the plain repeat is as good as the possessive one: if it takes single bytes and what follows begins with none of
 * them, giving one back never helps. Such patterns stay within what the linear engine takes.
 */
function givesNothingBack({ item }: Repeat, rest: readonly Node[]): boolean {
  if (item.kind !== 'byte') return false;
  const next = firstOfSequence(rest);
  return !next.nullable && !intersect(item.set, next.bytes);
}

function quantifier({ min, max }: Repeat): string {
  if (min === 0 && max === Infinity) return '*';
  if (min === 1 && max === Infinity) return '+';
  if (min === 0 && max === 1) return '?';
  if (max === Infinity) return `{${min},}`;
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

/** V8's flag `m` would take CR and U+2028 for ends of lines, so it is never set. */
const assertions: Readonly<Record<Assertion, string>> = {
  start: '^',
  end: '$',
  final: '(?=\\n?$)',
  'line-start': '(?:^|(?<=\\n)(?=[^]))',
  'line-end': '(?=\\n|$)',
  word: '\\b',
  'not-word': '\\B',
};

const shorthands: readonly (readonly [set: ByteSet, source: string])[] = [
  [wordBytes, '\\w'],
  [complement(wordBytes), '\\W'],
  [digits, '\\d'],
  [complement(digits), '\\D'],
];

function emitSet(set: ByteSet): string {
  const bytes = members(set);
  if (bytes.length === 256) return '[^]';
  if (bytes.length === 1) return literal(bytes[0]!);
  const shorthand = shorthands.find(([other]) => equal(other, set));
  if (shorthand !== undefined) return shorthand[1];
  if (isEmpty(set)) return '[]';
  const plain = ranges(set);
  const negated = ranges(complement(set));
  return negated.length < plain.length ? `[^${negated}]` : `[${plain}]`;
}

function ranges(set: ByteSet): string {
  let source = '';
  for (let from = 0; from < 256; from++) {
    if (set[from] === 0) continue;
    let to = from;
    while (to < 255 && set[to + 1] === 1) to++;
    source += to - from < 2 ? literal(from) : `${literal(from)}-`;
    if (to > from) source += literal(to);
    from = to;
  }
  return source;
}

/** Letters, digits and some marks as they are, everything else in hexadecimal: safe in a class and out of one. */
function literal(byte: number): string {
  const char = String.fromCharCode(byte);
  return /[A-Za-z0-9_ "'<>=!%&#,:;@`~]/.test(char) ? char : `\\x${byte.toString(16).padStart(2, '0')}`;
}
