/** Of a part: what readers may take for its name, and for the name of a file. */
export interface Disposition {
  readonly names: readonly string[];
  /** The one of `filename*` decoded, beside the one of `filename`. */
  readonly fileNames: readonly string[];
  /** Whether all readers see the same: not if a parameter is unknown, stands twice, has no semicolon before it, and so on. */
  readonly isSound: boolean;
  /** Single quotes, something behind the closing quote, or a backslash in quotes: an escape in RFC 9110, a character of the name in WHATWG HTML. */
  readonly hasOddQuoting: boolean;
}

/** A form has three. What stands behind can be seen in the line alone. */
const mostParameters = 16;

/** A name, and whether a value follows. */
const parameterName = /([^ \t=;"]*)([ \t]*=[ \t]*)?/y;
const quotedValue = /"((?:[^"\\]|\\[\s\S])*)("?)/y;
const plainValue = /[^ \t;]*/y;
const valueEnds = /^[; \t]?$/;
const blanks = /[ \t]*/y;
const extendedValue = /^(?:utf-8|iso-8859-1)'[a-z0-9-]*'(?:[a-z0-9!#$&+.^_`|~-]|%[0-9a-f]{2})*$/i;

/**
 * Reads the value of a Content-Disposition (RFC 7578 section 4.2), the sound and the unsound: whatever a lenient reader
 * could take for a name is found.
 * @param value bytes as latin1, bounded by the caller
 */
export function readDisposition(value: string): Disposition {
  const names: string[] = [];
  const fileNames: string[] = [];
  const typeEnd = value.search(/[; \t]/);
  let at = typeEnd < 0 ? value.length : typeEnd;
  let isSound = value.slice(0, at) === 'form-data';
  let hasOddQuoting = false;
  const seen = new Set<string>();
  for (let count = 0; at < value.length; count++) {
    if (count === mostParameters) {
      isSound = false;
      break;
    }
    at = endOf(blanks, value, at);
    if (at === value.length) break;
    if (value[at] === ';') at = endOf(blanks, value, at + 1);
    else isSound = false;
    // One may end it.
    if (at === value.length) break;
    const [, name, assignment] = matchAt(parameterName, value, at);
    const valueAt = parameterName.lastIndex;
    if (name === '' || assignment !== '=') isSound = false;
    if (assignment === undefined) {
      // Whatever it is, it is not looked at twice.
      at = Math.max(valueAt, at + 1);
      continue;
    }
    let text: string;
    if (value[valueAt] === '"') {
      const [, quoted, closing] = matchAt(quotedValue, value, valueAt);
      at = quotedValue.lastIndex;
      if (closing === '') isSound = false;
      if (quoted!.includes('\\') || !valueEnds.test(value.slice(at, at + 1))) hasOddQuoting = true;
      text = quoted!.replace(/\\(["\\])/g, '$1');
    } else {
      text = matchAt(plainValue, value, valueAt)[0];
      at = plainValue.lastIndex;
      if (text.includes("'") && !name!.endsWith('*')) hasOddQuoting = true;
      if (text.includes('"')) isSound = false;
    }
    const label = name!.toLowerCase();
    if (seen.has(label) || label !== name) isSound = false;
    seen.add(label);
    if (label === 'name') names.push(text);
    else if (label === 'filename') fileNames.push(text);
    else if (label === 'filename*') {
      if (!extendedValue.test(text)) isSound = false;
      const decoded = decodeExtended(text);
      if (!fileNames.includes(decoded)) fileNames.push(decoded);
    } else {
      isSound = false;
      // `name*`, and the pieces of RFC 2231: `filename*0`.
      if (label.startsWith('filename*')) fileNames.push(decodeExtended(text));
      else if (label.startsWith('name*')) names.push(decodeExtended(text));
    }
  }
  // RFC 7578 section 4.2 forbids `filename*`: who does not know it sees no file.
  if (names.length === 0 || names[0] === '' || (fileNames.length > 0 && !seen.has('filename')))
    isSound = false;
  return { names, fileNames, isSound, hasOddQuoting };
}

/** RFC 5987 section 3.2: `utf-8''na%C3%AFve.txt`, to bytes. */
function decodeExtended(text: string): string {
  const encoded = /^[^']*'[^']*'([\s\S]*)$/.exec(text)?.[1] ?? text;
  return encoded.replace(/%([0-9a-f]{2})/gi, (_, pair) => String.fromCharCode(Number.parseInt(pair, 16)));
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray {
  pattern.lastIndex = at;
  return pattern.exec(text)!;
}

function endOf(pattern: RegExp, text: string, at: number): number {
  matchAt(pattern, text, at);
  return pattern.lastIndex;
}
