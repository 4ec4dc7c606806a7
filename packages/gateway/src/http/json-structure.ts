/** Deeper documents are no data; recursive readers behind the gateway would run out of stack. */
export const maximumDepth = 64;

export interface StructureFault {
  readonly message: string;
  /** Byte. */
  readonly offset: number;
}

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const colon = 0x3a;

/** Up to so many names an object is searched from end to end; a Set costs more than it saves below that. */
const searched = 16;

/**
 * One pass over the bytes before they are parsed. Finds what JSON.parse takes in silence: depth without bound, and a
 * name that stands twice in an object, of which one reader takes the first and another the last (RFC 8259 section 4),
 * so that a service would use a value that was never validated. `__proto__` is refused as a name, as objects that are
 * merged from such a document change the prototype of all others.
 *
 * Takes no interest in anything else that may be wrong: JSON.parse comes next.
 */
export function boundStructure(bytes: Buffer): StructureFault | undefined {
  let depth = 0;
  /** Names of all open objects, one after the other; each object's begin at `starts[depth]`. */
  const names: string[] = [];
  const starts: number[] = [0];
  const sets: (Set<string> | undefined)[] = [];
  /** Where the string that was read last is, which a colon makes a name. */
  let from = 0;
  let to = 0;
  let escaped = false;

  for (let i = 0; i < bytes.length; i++) {
    switch (bytes[i]) {
      case quote: {
        from = i + 1;
        escaped = false;
        for (i++; i < bytes.length && bytes[i] !== quote; i++) {
          if (bytes[i] === backslash) {
            escaped = true;
            i++;
          }
        }
        to = i;
        break;
      }
      case colon: {
        const fault = addName(nameAt(bytes, from, to, escaped), names, starts[depth]!, sets, depth);
        if (fault !== undefined) return { message: fault, offset: from - 1 };
        break;
      }
      case openBrace:
      case openBracket:
        if (++depth > maximumDepth) {
          return { message: `The body is nested deeper than ${maximumDepth} levels.`, offset: i };
        }
        starts[depth] = names.length;
        sets[depth] = undefined;
        break;
      case closeBrace:
      case closeBracket:
        if (depth > 0) names.length = starts[depth--]!;
        break;
      default:
    }
  }
  return undefined;
}

/** The name as a reader has it: two spellings of one name are the same. */
function nameAt(bytes: Buffer, from: number, to: number, escaped: boolean): string {
  const text = bytes.toString('utf8', from, to);
  if (!escaped) return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}

function addName(
  name: string,
  names: string[],
  start: number,
  sets: (Set<string> | undefined)[],
  depth: number,
): string | undefined {
  if (name === '__proto__') return 'The body has a member named __proto__.';
  const count = names.length - start;
  const set = sets[depth];
  let twice = false;
  if (set !== undefined) twice = set.has(name);
  else for (let i = start; i < names.length && !twice; i++) twice = names[i] === name;
  if (twice) return 'The body has an object with the same member twice.';
  names.push(name);
  if (set !== undefined) set.add(name);
  else if (count >= searched) sets[depth] = new Set(names.slice(start));
  return undefined;
}
