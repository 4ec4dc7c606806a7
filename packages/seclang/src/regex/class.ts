import {
  type ByteSet,
  bytesFromTo,
  complement,
  foldAscii,
  noBytes,
  posixClasses,
  union,
} from './byte-set.ts';
import type { Cursor } from './cursor.ts';
import { byteEscape, classEscape } from './escapes.ts';
import { PatternError } from './syntax.ts';

/**
 * A class, the cursor behind its `[` (pcre2pattern, "Square brackets and character classes"). Case is folded before the
 * class is negated: `(?i)[^a]` takes no `A`.
 * @throws PatternError
 */
export function parseClass(cursor: Cursor, ignoreCase: boolean): ByteSet {
  const start = cursor.at - 1;
  const negated = cursor.take('^');
  let set = noBytes;
  // A closing bracket in the first place is literal.
  let first = true;
  while (first || !cursor.take(']')) {
    if (cursor.done) throw new PatternError('missing terminating ] for character class', start);
    if (cursor.take('\\E')) continue;
    set = union(set, member(cursor));
    first = false;
  }
  if (ignoreCase) set = foldAscii(set);
  return negated ? complement(set) : set;
}

function member(cursor: Cursor): ByteSet {
  if (cursor.take('\\Q')) return quoted(cursor);
  const from = element(cursor);
  if (typeof from !== 'number') return from;
  // A hyphen before the end, or before a class, is literal.
  const at = cursor.at;
  if (!cursor.take('-')) return bytesFromTo(from, from);
  if (!cursor.done && !cursor.sees(']')) {
    const to = element(cursor);
    if (typeof to === 'number') {
      if (to < from) throw new PatternError('range out of order in character class', at);
      return bytesFromTo(from, to);
    }
  }
  cursor.at = at;
  return bytesFromTo(from, from);
}

function quoted(cursor: Cursor): ByteSet {
  const text = cursor.takeUntil('\\E') ?? cursor.fail('missing terminating ] for character class');
  return union(noBytes, ...Array.from(text, (char) => bytesFromTo(char.charCodeAt(0), char.charCodeAt(0))));
}

/** A byte, or a class inside the class, which can be no end of a range. */
function element(cursor: Cursor): number | ByteSet {
  const at = cursor.at;
  const posix = cursor.takeMatch(/\[:(\^?)([a-z]+):\]/y);
  if (posix !== undefined) {
    const set = posixClasses.get(posix[2]!);
    if (set === undefined) throw new PatternError(`unknown POSIX class name ${posix[2]}`, at);
    return posix[1] === '^' ? complement(set) : set;
  }
  if (cursor.takeMatch(/\[([.=])[^\]]*\1\]/y) !== undefined)
    throw new PatternError('POSIX collating elements are not supported', at);
  if (cursor.take('\\')) {
    if (cursor.take('b')) return 8;
    return classEscape(cursor) ?? byteEscape(cursor, at);
  }
  const code = cursor.next().charCodeAt(0);
  if (code > 0xff) throw new PatternError('pattern is not a string of bytes', at);
  return code;
}
