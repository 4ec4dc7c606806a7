/**
 * A test for origins. Exact ones are compared whole; `https://*.example.com` takes one or more labels in the
 * place of the star, never a part of one, so that `https://evilexample.com` does not pass.
 */
export function matchOrigins(patterns: readonly string[]): (origin: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const suffixes = patterns
    .filter((pattern) => pattern.includes('*.'))
    .map((pattern) => ({ start: pattern.slice(0, pattern.indexOf('*')), end: pattern.slice(pattern.indexOf('*') + 1) }));
  return (origin) => {
    if (exact.has(origin)) return true;
    for (const { start, end } of suffixes) {
      if (!origin.startsWith(start) || !origin.endsWith(end)) continue;
      const labels = origin.slice(start.length, origin.length - end.length);
      if (/^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(labels)) return true;
    }
    return false;
  };
}
