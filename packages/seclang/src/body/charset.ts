/** Encodings in which an ASCII character is its one byte and nothing else is, as the rules look at bytes. */
const readable = new Set(['utf-8', 'us-ascii', 'iso-8859-1', 'iso-8859-15', 'windows-1252']);

/** Whether the rules see what a reader of this encoding sees: not so with UTF-7, UTF-16 or EBCDIC. */
export function isReadableCharset(label: string): boolean {
  return readable.has(label.toLowerCase());
}

const lastParameter = /;[ \t]*$/;
const charsetValue = /^=(?:"([^"]*)"|([^\s";]*))[ \t]*(?:;|$)/;

/**
 * @param contentType value of a Content-Type field
 * @returns the fault if it names an encoding that the rules cannot see through, or names one in a way that only some
 * understand: twice, in pieces (RFC 2231), with blanks
 */
export function charsetFault(contentType: string): string | undefined {
  const pieces = contentType.split(/charset/i);
  if (pieces.length === 1) return undefined;
  const [before, after] = pieces as [string, string];
  if (pieces.length > 2 || !lastParameter.test(before)) return 'the charset is not clear';
  const found = charsetValue.exec(after);
  if (found === null) return 'the charset is not clear';
  return isReadableCharset(found[1] ?? found[2]!)
    ? undefined
    : 'the charset is not one that can be looked into';
}
