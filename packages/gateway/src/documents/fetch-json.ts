import { request } from 'undici';
import { readText } from './read-text.ts';

/** Milliseconds for the whole of a reading. */
const requestTimeout = 5_000;
/** Bytes. */
const largestDocument = 1_048_576;
/** No issuer means to be asked again later than in a year, and numbers above would be no times any more. Seconds. */
const longestAge = 31_536_000;

export interface Fetched {
  readonly text: string;
  /** Milliseconds for which it may be kept, as its Cache-Control says; undefined when that says nothing. */
  readonly maxAge: number | undefined;
}

/**
 * Reads a JSON object over HTTP. Redirects are not followed: the location that was configured is the one that is
 * trusted.
 * @throws Error when it does not come whole, in time, with status 200, and as a JSON object
 */
export async function fetchJson(location: string): Promise<Fetched> {
  const { text, headers } = await get(location, 'application/json, application/jwk-set+json');
  assertObject(text);
  return { text, maxAge: maxAgeOf(headers) };
}

/**
 * Reads a text in the same way.
 * @throws Error when it does not come whole, in time, and with status 200
 */
export async function fetchText(location: string): Promise<string> {
  return (await get(location, 'application/json, application/yaml, */*;q=0.5')).text;
}

async function get(location: string, accept: string) {
  const reply = await request(location, {
    headers: { accept },
    headersTimeout: requestTimeout,
    bodyTimeout: requestTimeout,
    signal: AbortSignal.timeout(requestTimeout),
  });
  if (reply.statusCode !== 200) {
    await reply.body.dump();
    throw new Error(`status ${reply.statusCode}`);
  }
  const text = await readText(reply.body as AsyncIterable<Buffer>, largestDocument);
  return { text, headers: reply.headers };
}

/** Pages that say "not found" with status 200 must not take the place of what was there before. */
function assertObject(text: string): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('it is not valid JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('it is no JSON object');
}

/** RFC 9111 section 5.2.2; what time it was on its way already (Age, section 5.1) is taken off. */
function maxAgeOf(headers: Readonly<Record<string, string | string[] | undefined>>): number | undefined {
  const control = String(headers['cache-control'] ?? '').toLowerCase();
  if (/(?:^|[\s,])no-(?:store|cache)(?:$|[\s,=])/.test(control)) return 0;
  const seconds = /(?:^|[\s,])max-age="?([0-9]{1,12})"?(?:$|[\s,])/.exec(control)?.[1];
  if (seconds === undefined) return undefined;
  const age = /^[0-9]{1,12}$/.exec(String(headers['age'] ?? ''))?.[0] ?? '0';
  return Math.max(0, Math.min(Number(seconds), longestAge) - Number(age)) * 1000;
}
