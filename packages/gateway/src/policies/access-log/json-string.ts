const plain = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const outside = /[^\x20-\x7e]/g;

/**
 * A JSON string in printable ASCII. JSON.stringify leaves DEL, U+0085, U+2028, U+2029, the control characters that
 * steer terminals (U+0080 to U+009F) and those that turn the direction of text as they are, and readers of logs take
 * some of them for the end of a line.
 */
export function jsonString(value: string): string {
  if (plain.test(value)) return `"${value}"`;
  return JSON.stringify(value).replace(outside, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
