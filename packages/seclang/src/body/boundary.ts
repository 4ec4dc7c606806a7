import type { MultipartFlag } from './content.ts';

export interface Boundary {
  /** Undefined where there is none that lines of a body could begin with. */
  readonly value: string | undefined;
  readonly flags: readonly MultipartFlag[];
  readonly fault: string | undefined;
}

/** bcharsnospace, and blanks inside, up to 70 characters (RFC 2046 section 5.1.1). */
const boundarySyntax = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/;
const type = /^[ \t]*multipart\/form-data(?![^ \t;])/i;
/** Name and value: up to the quote that ends it, or to the semicolon. */
const parameter = /([^=;"]*)(=[ \t]*(?:"([^"]*)("?)[ \t]*)?([^;]*))?/y;
const nameSyntax = /^[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*$/;
const boundaryName = /^[ \t]*boundary[ \t]*$/;
const startsSoon = /^[ \t]*[^ \t;]/;

/**
 * The boundary that a Content-Type gives, with ModSecurity's flags for the ways of writing it that readers are known to
 * differ on. Where there are two, or it can only be guessed, there is a fault; the parts are read with the first.
 * @param contentType value of the field; of several fields, their values with commas between
 */
export function readBoundary(contentType: string): Boundary {
  const reader = new Reader();
  const start = type.exec(contentType);
  if (start === null) reader.fault = 'the Content-Type is not multipart/form-data';
  parameter.lastIndex = start === null ? contentType.search(/[; \t]|$/) : start[0].length;
  while (parameter.lastIndex < contentType.length) {
    if (contentType[parameter.lastIndex] === ';') parameter.lastIndex++;
    else if (startsSoon.test(contentType.slice(parameter.lastIndex))) reader.flags.add('MISSING_SEMICOLON');
    // A semicolon may end it.
    if (parameter.lastIndex === contentType.length) break;
    const found = parameter.exec(contentType)!;
    reader.parameter(found);
    // Nothing was taken: a quote stands where a name should, or there are two semicolons.
    if (found[0] === '' && contentType[parameter.lastIndex] !== ';') parameter.lastIndex++;
  }
  return reader.boundary();
}

class Reader {
  readonly flags = new Set<MultipartFlag>();
  /** The first. */
  fault: string | undefined;
  readonly #boundaries: string[] = [];

  parameter([whole, name = '', assigned, quoted, closing, plain = '']: RegExpExecArray): void {
    if (name.trim().toLowerCase() === 'boundary') {
      if (/[ \t]$/.test(name) || /^=[ \t]/.test(assigned ?? '')) this.flags.add('BOUNDARY_WHITESPACE');
      if (!boundaryName.test(name)) this.fault ??= 'the name of the boundary is not in lower case';
      if (quoted === undefined) this.#plain(plain);
      else this.#quoted(quoted, closing === '"' && plain === '');
    } else if (/boundary/i.test(whole)) this.fault ??= 'there is another parameter with a boundary';
    const isBlank = whole !== '' && whole.trim() === '';
    if (!isBlank && (assigned === undefined || !nameSyntax.test(name)))
      this.fault ??= 'the Content-Type is malformed';
  }

  #plain(value: string): void {
    const trimmed = value.trim();
    if (trimmed !== value) this.flags.add('BOUNDARY_WHITESPACE');
    if (/^'.*'$/.test(trimmed)) this.flags.add('BOUNDARY_QUOTED');
    // Cut off there by some readers.
    if (/[,\s]/.test(trimmed)) this.fault ??= 'the boundary has a comma or a blank';
    this.#boundaries.push(trimmed);
  }

  #quoted(value: string, isClosed: boolean): void {
    this.flags.add('BOUNDARY_QUOTED');
    if (value.trim() !== value) this.flags.add('BOUNDARY_WHITESPACE');
    if (!isClosed) this.fault ??= 'the quotes of the boundary do not match';
    this.#boundaries.push(value);
  }

  boundary(): Boundary {
    const value = this.#boundaries[0] ?? '';
    if (this.#boundaries.length > 1) this.fault ??= 'there is more than one boundary';
    if (value === '') this.fault ??= 'there is no boundary';
    else if (!boundarySyntax.test(value)) this.fault ??= 'the boundary is none of RFC 2046';
    const isUsable = value !== '' && !/[\r\n]/.test(value);
    return { value: isUsable ? value : undefined, flags: [...this.flags], fault: this.fault };
  }
}
