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

/**
 * The boundary that a Content-Type gives, with ModSecurity's flags for the ways of writing it that readers are known to
 * differ on. Where there are two, or it can only be guessed, there is a fault; the parts are read with the first.
 * @param contentType value of the field; of several fields, their values with commas between
 */
export function readBoundary(contentType: string): Boundary {
  const flags = new Set<MultipartFlag>();
  const boundaries: string[] = [];
  let fault: string | undefined;
  const start = type.exec(contentType);
  if (start === null) fault = 'the Content-Type is not multipart/form-data';
  parameter.lastIndex = start === null ? contentType.search(/[; \t]|$/) : start[0].length;
  while (parameter.lastIndex < contentType.length) {
    if (contentType[parameter.lastIndex] === ';') parameter.lastIndex++;
    else if (/^[ \t]*[^ \t;]/.test(contentType.slice(parameter.lastIndex))) flags.add('MISSING_SEMICOLON');
    // A semicolon may end it.
    if (parameter.lastIndex === contentType.length) break;
    const [whole, name, assigned, quoted, closing, plain] = parameter.exec(contentType)!;
    const label = name!.trim().toLowerCase();
    if (label === 'boundary') {
      const value = quoted ?? plain ?? '';
      const trimmed = value.trim();
      // Cut off there by some readers.
      if (quoted === undefined && /[,\s]/.test(trimmed)) fault ??= 'the boundary has a comma or a blank';
      if (quoted !== undefined || /^'.*'$/.test(value)) flags.add('BOUNDARY_QUOTED');
      if (/[ \t]$/.test(name!) || /^=[ \t]/.test(assigned ?? '') || value.trim() !== value)
        flags.add('BOUNDARY_WHITESPACE');
      if (!/^[ \t]*boundary[ \t]*$/.test(name!)) fault ??= 'the name of the boundary is not in lower case';
      if (quoted !== undefined && (closing === '' || plain !== ''))
        fault ??= 'the quotes of the boundary do not match';
      boundaries.push(quoted ?? trimmed);
    } else if (/boundary/i.test(whole)) fault ??= 'there is another parameter with a boundary';
    if (whole !== '') continue;
    // A quote where a name should be, or two semicolons.
    fault ??= 'the Content-Type is malformed';
    if (contentType[parameter.lastIndex] !== ';') parameter.lastIndex++;
  }
  const value = boundaries[0];
  if (boundaries.length > 1) fault ??= 'there is more than one boundary';
  if (value === undefined || value === '') fault ??= 'there is no boundary';
  else if (!boundarySyntax.test(value)) fault ??= 'the boundary is none of RFC 2046';
  const isUsable = value !== undefined && value !== '' && !/[\r\n]/.test(value);
  return { value: isUsable ? value : undefined, flags: [...flags], fault };
}
