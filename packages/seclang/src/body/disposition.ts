/** Of a part: what readers may take for its name, and for the name of a file. */
export interface Disposition {
  readonly names: readonly string[];
  /** The one of `filename*` decoded, beside the one of `filename`. */
  readonly fileNames: readonly string[];
  /** Whether all readers see the same: not if a parameter is unknown, stands twice, has no semicolon before it, and so on. */
  readonly isSound: boolean;
  /**
   * Single quotes, something behind the closing quote, or a backslash in quotes: an escape in RFC 9110, a character of the
   * name in WHATWG HTML.
   */
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
  const reader = new Reader(value);
  reader.read();
  return reader;
}

class Reader implements Disposition {
  readonly names: string[] = [];
  readonly fileNames: string[] = [];
  isSound = true;
  hasOddQuoting = false;
  readonly #text: string;
  #at = 0;
  readonly #seen = new Set<string>();

  constructor(text: string) {
    this.#text = text;
  }

  read(): void {
    this.#at = this.#text.search(/[; \t]|$/);
    if (this.#text.slice(0, this.#at) !== 'form-data') this.isSound = false;
    for (let count = 0; this.#toParameter(); count++) {
      if (count === mostParameters) {
        this.isSound = false;
        break;
      }
      this.#parameter();
    }
    const [name = ''] = this.names;
    // RFC 7578 section 4.2 forbids `filename*`: who does not know it sees no file.
    const isFileToAll = this.fileNames.length === 0 || this.#seen.has('filename');
    if (name === '' || !isFileToAll) this.isSound = false;
  }

  /** @returns whether there is one */
  #toParameter(): boolean {
    this.#match(blanks);
    if (this.#text[this.#at] === ';') {
      this.#at++;
      this.#match(blanks);
    } else if (this.#at < this.#text.length) this.isSound = false;
    return this.#at < this.#text.length;
  }

  #parameter(): void {
    const start = this.#at;
    const [, name, assignment] = this.#match(parameterName);
    if (name === '' || assignment !== '=') this.isSound = false;
    if (assignment === undefined) {
      // Whatever it is, it is not looked at twice.
      this.#at = Math.max(this.#at, start + 1);
      return;
    }
    const label = name!.toLowerCase();
    if (this.#seen.has(label) || label !== name) this.isSound = false;
    this.#seen.add(label);
    const isQuoted = this.#text[this.#at] === '"';
    this.#take(label, isQuoted ? this.#quoted() : this.#plain(label.endsWith('*')));
  }

  #quoted(): string {
    const [, quoted, closing] = this.#match(quotedValue);
    if (closing === '') this.isSound = false;
    const isLast = valueEnds.test(this.#text.slice(this.#at, this.#at + 1));
    if (quoted!.includes('\\') || !isLast) this.hasOddQuoting = true;
    return quoted!.replace(/\\(["\\])/g, '$1');
  }

  #plain(isExtended: boolean): string {
    const [plain] = this.#match(plainValue);
    if (plain.includes("'") && !isExtended) this.hasOddQuoting = true;
    if (plain.includes('"')) this.isSound = false;
    return plain;
  }

  #take(label: string, text: string): void {
    if (label === 'name') this.names.push(text);
    else if (label === 'filename') this.fileNames.push(text);
    else if (label === 'filename*' && extendedValue.test(text)) {
      const decoded = decodeExtended(text);
      if (!this.fileNames.includes(decoded)) this.fileNames.push(decoded);
    } else {
      this.isSound = false;
      // `name*`, and the pieces of RFC 2231: `filename*0`.
      if (label.startsWith('filename*')) this.fileNames.push(decodeExtended(text));
      else if (label.startsWith('name*')) this.names.push(decodeExtended(text));
    }
  }

  /** Of a sticky pattern that matches at least nothing. */
  #match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)!;
    this.#at = pattern.lastIndex;
    return found;
  }
}

/** RFC 5987 section 3.2: `utf-8''na%C3%AFve.txt`, to bytes. */
function decodeExtended(text: string): string {
  const encoded = /^[^']*'[^']*'([\s\S]*)$/.exec(text)?.[1] ?? text;
  return encoded.replace(/%([0-9a-f]{2})/gi, (_, pair) => String.fromCharCode(Number.parseInt(pair, 16)));
}
