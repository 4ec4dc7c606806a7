const unsettled = /\/\/|(?:^|\/)\.{1,2}(?:\/|$)/;

/** `//`, `.` and `..` are resolved; a relative path keeps the `..` that lead out of it, an absolute one has none. */
export function normalizePath(value: string): string {
  if (!unsettled.test(value)) return value;
  const result = resolve(value);
  return result === value ? value : result;
}

/** The same, with `\` read as `/`. */
export function normalizePathWin(value: string): string {
  return normalizePath(value.includes('\\') ? value.replaceAll('\\', '/') : value);
}

function resolve(value: string): string {
  const isAbsolute = value.startsWith('/');
  const kept: string[] = [];
  for (const segment of value.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') kept.push(segment);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (!isAbsolute) kept.push(segment);
  }
  const path = (isAbsolute ? '/' : '') + kept.join('/');
  return kept.length > 0 && value.endsWith('/') ? `${path}/` : path;
}
