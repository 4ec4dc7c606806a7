import { allBytes, type ByteSet, bytesFromTo, bytesOf, complement, foldAscii, newline } from './byte-set.ts';
import { parseClass } from './class.ts';
import { countGroups } from './count-groups.ts';
import { Cursor } from './cursor.ts';
import { byteEscape, classEscape } from './escapes.ts';
import { lengths } from './lengths.ts';
import { maximumNesting, maximumPatternLength, maximumRepeat } from './limits.ts';
import { anyNewline } from './newline-sequence.ts';
import { type Assertion, type Node, type Pattern, PatternError } from './syntax.ts';

/** What PCRE is told beside the pattern. */
export interface PatternOptions {
  /** PCRE_CASELESS, for ASCII letters. */
  readonly ignoreCase?: boolean;
  /** PCRE_DOTALL: a dot takes newlines too. */
  readonly dotAll?: boolean;
  /** PCRE_MULTILINE: `^` and `$` at lines too. */
  readonly multiline?: boolean;
  /** PCRE_DOLLAR_ENDONLY: `$` not before a newline that ends the subject. */
  readonly dollarEndOnly?: boolean;
}

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
  readonly n: boolean;
  readonly U: boolean;
}

/**
 * Reads a pattern as PCRE2 does for bytes, without UTF (pcre2pattern). What needs more than a tree (recursion, conditions,
 * `\K`, verbs, Unicode properties) is refused.
 * @throws PatternError
 */
export function parsePattern(source: string, options: PatternOptions = {}): Pattern {
  if (source.length > maximumPatternLength) throw new PatternError('pattern too long', maximumPatternLength);
  return new Parser(source, options).pattern();
}

class Parser {
  readonly #cursor: Cursor;
  readonly #dollarEndOnly: boolean;
  readonly #names = new Map<string, number>();
  readonly #total: number;
  #flags: Flags;
  #groups = 0;
  #depth = 0;

  constructor(source: string, options: PatternOptions) {
    this.#cursor = new Cursor(source);
    this.#dollarEndOnly = options.dollarEndOnly ?? false;
    this.#total = countGroups(source);
    const { ignoreCase = false, multiline = false, dotAll = false } = options;
    this.#flags = { i: ignoreCase, m: multiline, s: dotAll, x: false, n: false, U: false };
  }

  pattern(): Pattern {
    const root = this.#alternatives();
    if (!this.#cursor.done) this.#cursor.fail('unmatched closing parenthesis');
    return { root, groups: this.#groups, names: this.#names };
  }

  /** Up to a closing parenthesis or the end. Flags set in it hold over `|` until here (pcre2pattern, "Internal options"). */
  #alternatives(resetNumbers = false): Node {
    if (++this.#depth > maximumNesting) this.#cursor.fail('groups nested too deep');
    const outer = this.#flags;
    const first = this.#groups;
    let highest = first;
    const items = [this.#sequence()];
    while (this.#cursor.take('|')) {
      highest = Math.max(highest, this.#groups);
      if (resetNumbers) this.#groups = first;
      items.push(this.#sequence());
    }
    this.#groups = Math.max(highest, this.#groups);
    this.#flags = outer;
    this.#depth--;
    return items.length === 1 ? items[0]! : { kind: 'alternatives', items };
  }

  #sequence(): Node {
    const items: Node[] = [];
    while (!this.#cursor.done && !this.#cursor.sees('|') && !this.#cursor.sees(')')) {
      const item = this.#item();
      if (item === undefined) continue;
      // `^` and the like cannot be repeated; groups can, whatever is in them.
      items.push(item.kind === 'assertion' && !this.#cursor.behind(')') ? item : this.#quantified(item));
    }
    if (items.length === 1) return items[0]!;
    return items.length === 0 ? { kind: 'empty' } : { kind: 'sequence', items };
  }

  /** Undefined for what leaves nothing behind: comments, flags, blanks under `x`. */
  #item(): Node | undefined {
    const cursor = this.#cursor;
    if (this.#skipped()) return undefined;
    const at = cursor.at;
    const char = cursor.next();
    switch (char) {
      case '(':
        return this.#group();
      case '[':
        return this.#byte(parseClass(cursor, this.#flags.i), false);
      case '.':
        return this.#byte(this.#flags.s ? allBytes : complement(newline), false);
      case '^':
        return assertion(this.#flags.m ? 'line-start' : 'start');
      case '$':
        return assertion(this.#flags.m ? 'line-end' : this.#dollarEndOnly ? 'end' : 'final');
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw new PatternError('quantifier does not follow a repeatable item', at);
      case '{':
        cursor.at = at;
        if (this.#counts() !== undefined)
          throw new PatternError('quantifier does not follow a repeatable item', at);
        cursor.at = at + 1;
        return this.#byte(bytesOf('{'));
      default:
        return this.#byte(oneByte(char, at));
    }
  }

  #skipped(): boolean {
    const cursor = this.#cursor;
    if (cursor.take('\\E')) return true;
    if (cursor.take('(?#')) {
      if (cursor.takeUntil(')') === undefined) cursor.fail('missing ) after (?# comment');
      return true;
    }
    if (!this.#flags.x) return false;
    if (cursor.takeMatch(/[ \t\n\v\f\r]+/y) !== undefined) return true;
    if (!cursor.take('#')) return false;
    cursor.takeMatch(/[^\n]*\n?/y);
    return true;
  }

  #byte(set: ByteSet, fold = true): Node {
    return { kind: 'byte', set: fold && this.#flags.i ? foldAscii(set) : set };
  }

  /** Comments and blanks may stand between an item and its quantifier. PCRE2 takes no second one. */
  #quantified(item: Node): Node {
    while (this.#skipped()) {
      // Each pass skips one.
    }
    const counts = this.#counts();
    if (counts === undefined) return item;
    const [min, max] = counts;
    const possessive = this.#cursor.take('+');
    const other = !possessive && this.#cursor.take('?');
    const mode = possessive ? 'possessive' : other !== this.#flags.U ? 'lazy' : 'greedy';
    return { kind: 'repeat', item, min, max, mode };
  }

  #counts(): readonly [min: number, max: number] | undefined {
    const cursor = this.#cursor;
    if (cursor.take('*')) return [0, Infinity];
    if (cursor.take('+')) return [1, Infinity];
    if (cursor.take('?')) return [0, 1];
    const at = cursor.at;
    const counts = cursor.takeMatch(/\{(\d{1,6})(,(\d{0,6}))?\}/y);
    if (counts === undefined) return undefined;
    const min = Number(counts[1]);
    const max = counts[2] === undefined ? min : counts[3] === '' ? Infinity : Number(counts[3]);
    if (min > maximumRepeat || (max !== Infinity && max > maximumRepeat))
      throw new PatternError('number too big in {} quantifier', at);
    if (max < min) throw new PatternError('numbers out of order in {} quantifier', at);
    return [min, max];
  }

  #group(): Node | undefined {
    const cursor = this.#cursor;
    const at = cursor.at - 1;
    if (cursor.sees('*')) throw new PatternError('verbs such as (*COMMIT) are not supported', at);
    if (!cursor.take('?')) return this.#flags.n ? this.#closed(at) : this.#capture(at);
    const name = cursor.takeMatch(/(?:P?<([A-Za-z_]\w{0,31})>|'([A-Za-z_]\w{0,31})')/y);
    if (name !== undefined) return this.#capture(at, name[1] ?? name[2]);
    if (cursor.take(':')) return this.#closed(at);
    if (cursor.take('>')) return { kind: 'atomic', item: this.#closed(at) };
    if (cursor.take('|')) return this.#closed(at, true);
    if (cursor.take('=')) return this.#look(at, true, false);
    if (cursor.take('!')) return this.#look(at, true, true);
    if (cursor.take('<=')) return this.#look(at, false, false);
    if (cursor.take('<!')) return this.#look(at, false, true);
    const reference = cursor.takeMatch(/P=(\w+)\)/y);
    if (reference !== undefined) return this.#named(reference[1]!, at);
    return this.#flagged(at);
  }

  #closed(at: number, resetNumbers = false): Node {
    const item = this.#alternatives(resetNumbers);
    if (!this.#cursor.take(')')) throw new PatternError('missing closing parenthesis', at);
    return item;
  }

  #capture(at: number, name?: string): Node {
    const number = ++this.#groups;
    if (name !== undefined) {
      if ((this.#names.get(name) ?? number) !== number)
        throw new PatternError(`two groups named ${name}`, at);
      this.#names.set(name, number);
    }
    return { kind: 'group', number, item: this.#closed(at) };
  }

  #look(at: number, ahead: boolean, negative: boolean): Node {
    const item = this.#closed(at);
    if (!ahead && branches(item).some((branch) => !isFixed(branch)))
      throw new PatternError('look-behind is not of fixed length', at);
    return { kind: 'look', ahead, negative, item };
  }

  /** `(?i)`, which holds to the end of the group around it, and `(?i:…)`. */
  #flagged(at: number): Node | undefined {
    const cursor = this.#cursor;
    const letters = cursor.takeMatch(/(\^?)([imsxnU]*)(?:-([imsxnU]*))?([:)])/y);
    if (letters === undefined || (letters[1] === '^' && letters[3] !== undefined))
      throw new PatternError('recursion, conditions, callouts and unknown groups are not supported', at);
    const outer = this.#flags;
    const flags: Record<string, boolean> = { ...outer };
    if (letters[1] === '^') for (const letter of 'imsxn') flags[letter] = false;
    for (const letter of letters[2]!) flags[letter] = true;
    for (const letter of letters[3] ?? '') flags[letter] = false;
    this.#flags = flags as unknown as Flags;
    if (letters[4] === ')') return undefined;
    const item = this.#closed(at);
    this.#flags = outer;
    return item;
  }

  #escape(): Node | undefined {
    const cursor = this.#cursor;
    const at = cursor.at - 1;
    if (cursor.done) throw new PatternError('\\ at end of pattern', at);
    if (cursor.take('Q')) return this.#quoted();
    const set = classEscape(cursor);
    if (set !== undefined) return this.#byte(set, false);
    const what = cursor.takeMatch(/[AGzZbBKRNC]/y)?.[0];
    if (what !== undefined) return this.#special(what, at);
    const reference = this.#backreference(at);
    if (reference !== undefined) return reference;
    return this.#byte(bytesFromTo(...sameTwice(byteEscape(cursor, at))));
  }

  /** Literal up to `\E`. A quantifier behind takes the last byte only. */
  #quoted(): Node | undefined {
    const text = this.#cursor.takeUntil('\\E') ?? this.#cursor.rest();
    if (text === '') return undefined;
    const at = this.#cursor.at;
    const items = Array.from(text, (char) => this.#byte(oneByte(char, at)));
    const last = this.#quantified(items.pop()!);
    return items.length === 0 ? last : { kind: 'sequence', items: [...items, last] };
  }

  #special(letter: string, at: number): Node {
    switch (letter) {
      // A search starts at offset 0, so \G is the start.
      case 'A':
      case 'G':
        return assertion('start');
      case 'z':
        return assertion('end');
      case 'Z':
        return assertion('final');
      case 'b':
        return assertion('word');
      case 'B':
        return assertion('not-word');
      case 'N':
        return this.#byte(complement(newline), false);
      case 'C':
        return this.#byte(allBytes, false);
      case 'R':
        return anyNewline;
      default:
        throw new PatternError('\\K is not supported', at);
    }
  }

  #backreference(at: number): Node | undefined {
    const cursor = this.#cursor;
    const name = cursor.takeMatch(/k(?:<(\w+)>|'(\w+)'|\{(\w+)\})|g\{([A-Za-z_]\w*)\}/y);
    if (name !== undefined) return this.#named((name[1] ?? name[2] ?? name[3] ?? name[4])!, at);
    const relative = cursor.takeMatch(/g(?:\{-(\d+)\}|-(\d+))/y);
    if (relative !== undefined)
      return this.#numbered(this.#groups + 1 - Number(relative[1] ?? relative[2]), at);
    const absolute = cursor.takeMatch(/g(?:\{(\d+)\}|(\d+))/y);
    if (absolute !== undefined) return this.#numbered(Number(absolute[1] ?? absolute[2]), at);
    // \1 to \9 always refer back; longer numbers do if there are so many groups, and are octal otherwise.
    const plain = cursor.takeMatch(/[1-9]\d*/y)?.[0];
    if (plain === undefined) return undefined;
    if (plain.length === 1 || Number(plain) <= this.#total) return this.#numbered(Number(plain), at);
    cursor.at = at + 1;
    return undefined;
  }

  #named(name: string, at: number): Node {
    const number = this.#names.get(name);
    if (number === undefined)
      throw new PatternError(`reference to a group ${name} that is not before it`, at);
    return this.#numbered(number, at);
  }

  #numbered(number: number, at: number): Node {
    if (number < 1 || number > this.#total)
      throw new PatternError('reference to a group that is not there', at);
    return { kind: 'backreference', number, caseless: this.#flags.i };
  }
}

const assertion = (what: Assertion): Node => ({ kind: 'assertion', what });

const branches = (node: Node): readonly Node[] => (node.kind === 'alternatives' ? node.items : [node]);

function isFixed(node: Node): boolean {
  const { min, max } = lengths(node);
  return min === max;
}

const sameTwice = (byte: number): [number, number] => [byte, byte];

function oneByte(char: string, at: number): ByteSet {
  const code = char.charCodeAt(0);
  if (code > 0xff) throw new PatternError('pattern is not a string of bytes', at);
  return bytesFromTo(code, code);
}
