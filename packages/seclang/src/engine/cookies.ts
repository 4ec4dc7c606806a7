import type { NamedValue } from '../body/content.ts';

/**
 * The cookies of all Cookie fields, nothing decoded. Format 0 is that of browsers (RFC 6265); format 1 (RFC 2109) takes commas
 * for separators too, and quotes around values away. Blanks before a name do not belong to it.
 */
export function parseCookies(fields: readonly string[], format: 0 | 1): NamedValue[] {
  const cookies: NamedValue[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    if (fields[at]!.length !== 6 || fields[at]!.toLowerCase() !== 'cookie') continue;
    for (const piece of pieces(fields[at + 1]!, format)) {
      const text = piece.replace(/^[\t-\r ]+/, '');
      if (text === '') continue;
      const equals = text.indexOf('=');
      if (equals < 0) cookies.push({ name: text, value: '' });
      else cookies.push({ name: text.slice(0, equals), value: cookieValue(text.slice(equals + 1), format) });
    }
  }
  return cookies;
}

function pieces(field: string, format: 0 | 1): readonly string[] {
  if (format === 0) return field.split(';');
  const found: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < field.length; at++) {
    const byte = field[at];
    if (byte === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (byte === ';' || byte === ',')) {
      found.push(field.slice(start, at));
      start = at + 1;
    }
  }
  found.push(field.slice(start));
  return found;
}

function cookieValue(text: string, format: 0 | 1): string {
  return format === 1 && text.length > 1 && text.startsWith('"') && text.endsWith('"')
    ? text.slice(1, -1)
    : text;
}
