import { blanksEnd, isBlank, stringEnd, textIn } from './json-text.ts';

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** The value or name that a byte of a JSON document belongs to. */
export interface JsonPlace {
  /** `other` is true, false, null, and what is between values. */
  readonly kind: 'string' | 'name' | 'number' | 'other';
  /** The bytes of it, without the quotes. */
  readonly from: number;
  readonly to: number;
  /** Names and indices that lead there; for a name, to the object that it is in. */
  readonly steps: readonly string[];
  /** Where the names among the steps stand, so that one that must not be told can be left out; -1 for an index. */
  readonly stepsAt: readonly number[];
}

/** An object or array that is open; `at` is the byte of the name that leads on, or -1 in an array. */
interface Open {
  readonly isObject: boolean;
  at: number;
  end: number;
  index: number;
}

/**
 * Finds the places of some bytes in one pass over the document.
 * @param bytes valid JSON (RFC 8259); of anything else nothing is certain
 * @param offsets increasing
 */
export function placesIn(bytes: Buffer, offsets: readonly number[]): JsonPlace[] {
  const places: JsonPlace[] = [];
  const stack: Open[] = [];
  /** Takes all offsets up to the end of what was read last. */
  const add = (kind: JsonPlace['kind'], from: number, to: number, end = to): void => {
    while (places.length < offsets.length && offsets[places.length]! < end)
      places.push({ kind, from, to, ...stepsOf(bytes, stack, kind === 'name') });
  };
  for (let i = 0; i < bytes.length && places.length < offsets.length; ) {
    const start = i;
    let kind: JsonPlace['kind'] = 'other';
    const top = stack.at(-1);
    switch (bytes[i]) {
      case quote: {
        i = stringEnd(bytes, i);
        const isName = top?.isObject === true && bytes[blanksEnd(bytes, i)] === colon;
        kind = isName ? 'name' : 'string';
        add(kind, start + 1, i - 1, i);
        if (isName) {
          top.at = start + 1;
          top.end = i - 1;
        }
        continue;
      }
      case openBrace:
      case openBracket:
        i++;
        add(kind, start, i);
        stack.push({ isObject: bytes[start] === openBrace, at: -1, end: -1, index: 0 });
        continue;
      case closeBrace:
      case closeBracket:
        stack.pop();
        i++;
        break;
      case comma:
        if (top !== undefined) top.index++;
        i++;
        break;
      case colon:
      case 0x20:
      case 0x0a:
      case 0x0d:
      case 0x09:
        i++;
        break;
      default: {
        while (i < bytes.length && !isDelimiter(bytes[i]!)) i++;
        const first = bytes[start]!;
        if (first === 0x2d || (first >= 0x30 && first <= 0x39)) kind = 'number';
      }
    }
    add(kind, start, i);
  }
  return places;
}

function stepsOf(
  bytes: Buffer,
  stack: readonly Open[],
  inName: boolean,
): Pick<JsonPlace, 'steps' | 'stepsAt'> {
  const steps: string[] = [];
  const stepsAt: number[] = [];
  const depth = inName ? stack.length - 1 : stack.length;
  for (let i = 0; i < depth; i++) {
    const { isObject, at, end, index } = stack[i]!;
    if (isObject && at < 0) break;
    steps.push(isObject ? textIn(bytes, at, end) : String(index));
    stepsAt.push(isObject ? at : -1);
  }
  return { steps, stepsAt };
}

function isDelimiter(byte: number): boolean {
  return (
    isBlank(byte) ||
    byte === comma ||
    byte === closeBrace ||
    byte === closeBracket ||
    byte === colon ||
    byte === quote
  );
}
