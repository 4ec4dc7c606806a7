/** A comment of C becomes one blank, as does one that nothing closes; a `*` and `/` that close nothing stay. */
export function replaceComments(value: string): string {
  let start = value.indexOf('/*');
  if (start < 0) return value;
  let result = '';
  let from = 0;
  while (start >= 0) {
    result += `${value.slice(from, start)} `;
    const end = value.indexOf('*/', start + 2);
    if (end < 0) return result;
    from = end + 2;
    start = value.indexOf('/*', from);
  }
  return result + value.slice(from);
}

const markers = /\/\*|\*\/|<!--|-->|--|#/;

/** What opens and closes comments goes, what stands in them stays. */
export function removeCommentsChar(value: string): string {
  if (!markers.test(value)) return value;
  return value.replace(/\/\*|\*\/|<!--|-->|--|#/g, '');
}

const openers = /\/\*|<!--|--|#/g;
const closers = /\*\/|-->/g;

/**
 * Comments of C and HTML go; after `--` and `#` nothing is left. As the language has it, the byte that follows a comment
 * is taken over unread, a NUL at the end of the value; a comment that nothing closes leaves a blank.
 */
export function removeComments(value: string): string {
  let result = '';
  let from = 0;
  for (let index = 0; ; ) {
    openers.lastIndex = index;
    const open = openers.exec(value);
    if (open === null) return from === 0 ? value : result + value.slice(from);
    result += value.slice(from, open.index);
    if (open[0] === '--' || open[0] === '#') return result;
    closers.lastIndex = open.index + open[0].length;
    const close = closers.exec(value);
    if (close === null) return `${result} `;
    from = close.index + close[0].length;
    if (from >= value.length) return `${result}\0`;
    index = from + 1;
  }
}
