/**
 * The name under which PHP keeps a parameter: blanks before it go, blanks and dots in it become `_`, and so does a `[` that
 * nothing closes; what follows the last `]` is lost. A name that begins with `[` is not kept at all.
 */
export function phpArgsNames(value: string): string {
  if (!/[ .[]/.test(value)) return value;
  const name = value.replace(/^ +/, '');
  const bracket = name.indexOf('[');
  if (bracket === 0) return '';
  const plain = (bracket < 0 ? name : name.slice(0, bracket)).replace(/[ .]/g, '_');
  if (bracket < 0) return plain === value ? value : plain;
  if (!name.includes(']', bracket)) return `${plain}_${name.slice(bracket + 1)}`;
  const result = plain + indices(name, bracket);
  return result === value ? value : result;
}

function indices(name: string, bracket: number): string {
  let result = '';
  for (let start = bracket; name[start] === '['; ) {
    const end = name.indexOf(']', start);
    if (end < 0) break;
    const index = name.slice(start + 1, end);
    result += /^[\t-\r ]$/.test(index) ? '[]' : `[${index}]`;
    start = end + 1;
  }
  return result;
}
