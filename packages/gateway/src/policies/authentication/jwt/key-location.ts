import { request } from 'undici';

/** Milliseconds for the whole of a reading. */
const requestTimeout = 5_000;
/** Bytes. */
const largestSet = 1_048_576;

/**
 * @throws Error when keys would travel in the clear, as whoever can change them can sign tokens, or when the URL holds
 *   a password, which would end up in logs
 */
export function assertSafe(location: string): void {
  if (!URL.canParse(location)) throw new Error('jwt: jwks is not a valid URL');
  const url = new URL(location);
  if (url.username !== '' || url.password !== '')
    throw new Error('jwt: jwks must have no user name or password in it');
  const loopback = ['localhost', '[::1]'].includes(url.hostname) || /^127\.[0-9.]+$/.test(url.hostname);
  if (url.protocol === 'http:' && !loopback) {
    throw new Error(
      `jwt: jwks ${location} must be an https URL, as whoever can change the keys on the way can sign tokens`,
    );
  }
}

/** What may be logged of a location: some issuers want a key in the query. */
export function withoutQuery(location: string): string {
  const question = location.indexOf('?');
  return question < 0 ? location : location.slice(0, question);
}

/**
 * Reads a key set over HTTP. Redirects are not followed: the location that was configured is the one that is trusted.
 * @throws Error when it does not come whole, in time, and with status 200
 */
export async function fetchText(location: string): Promise<string> {
  const reply = await request(location, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    headersTimeout: requestTimeout,
    bodyTimeout: requestTimeout,
    signal: AbortSignal.timeout(requestTimeout),
  });
  if (reply.statusCode !== 200) {
    await reply.body.dump();
    throw new Error(`status ${reply.statusCode}`);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of reply.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestSet) throw new Error(`larger than ${largestSet} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
