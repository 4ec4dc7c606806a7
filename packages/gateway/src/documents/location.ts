/** Loopback names and addresses, as `URL.hostname` writes them. */
export function isLoopbackHost(hostname: string): boolean {
  return ['localhost', '[::1]'].includes(hostname) || /^127\.[0-9.]+$/.test(hostname);
}

/**
 * @param what names the option or member that the URL stands in
 * @throws Error when what it leads to would travel in the clear, as whoever can change keys can sign tokens, or when
 *   the URL holds a password, which would end up in logs
 */
export function assertSafe(location: string, what: string): void {
  if (!URL.canParse(location)) throw new Error(`${what} is not a valid URL`);
  const url = new URL(location);
  if (url.username !== '' || url.password !== '')
    throw new Error(`${what} must have no user name or password in it`);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname))) return;
  throw new Error(
    `${what} ${withoutQuery(location)} must be an https URL, as whoever can change the keys on the way can sign tokens`,
  );
}

/** What may be logged of a location: some issuers want a key in the query. */
export function withoutQuery(location: string): string {
  const question = location.indexOf('?');
  return question < 0 ? location : location.slice(0, question);
}
