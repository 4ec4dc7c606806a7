/** One or more labels of a host name. Linear: a dot can only be read as a separator. */
const labelsForm = /^[a-z0-9-]+(\.[a-z0-9-]+)*$/;

/** Longer ones are no origins: 253 characters of a name (RFC 1035 section 2.3.4), a scheme and a port. */
const longestOrigin = 280;

/**
 * A test for origins. Exact ones are compared whole; `https://*.example.com` takes one or more labels in the
 * place of the star, never a part of one, so that `https://evilexample.com` does not pass.
 */
export function matchOrigins(patterns: readonly string[]): (origin: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const suffixes = patterns
    .filter((pattern) => pattern.includes('*.'))
    .map((pattern) => ({
      start: pattern.slice(0, pattern.indexOf('*')),
      end: pattern.slice(pattern.indexOf('*') + 1),
    }));
  return (origin) => {
    if (exact.has(origin)) return true;
    if (origin.length > longestOrigin) return false;
    for (const { start, end } of suffixes) {
      if (!origin.startsWith(start) || !origin.endsWith(end)) continue;
      if (labelsForm.test(origin.slice(start.length, origin.length - end.length))) return true;
    }
    return false;
  };
}
