import { request } from 'undici';
import { isLoopback } from '../listen-check.ts';
import { StartFault } from '../start-fault.ts';

/** A release has some 400 KB. */
const largestArchive = 16 * 1_048_576;
/** Release pages send on to where the files are, once. */
const mostRedirects = 5;
/** Milliseconds for all of it. */
const wholeTimeout = 120_000;

/**
 * Reads a file over HTTP. Whoever answers may send on to https only: one that is not the first to be asked was not chosen by
 * the user, and plaintext would tell everybody on the way what is fetched.
 * @param signal ends it; by itself it ends after two minutes
 * @throws StartFault when it does not come whole, in time and small enough
 */
export async function fetchArchive(
  location: string,
  signal: AbortSignal = AbortSignal.timeout(wholeTimeout),
): Promise<Buffer> {
  let url = firstPlace(location);
  try {
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      const { statusCode, headers, body } = await request(url, { signal, headers: { accept: '*/*' } });
      if (statusCode === 200) return await whole(body, url);
      await body.dump({ limit: 65_536 });
      const next = headers['location'];
      if (![301, 302, 303, 307, 308].includes(statusCode) || typeof next !== 'string')
        throw new StartFault(`${shown(url)} answers with status ${statusCode}`);
      url = nextPlace(next, url);
    }
  } catch (error) {
    if (error instanceof StartFault) throw error;
    const because = signal.aborted ? 'it takes too long' : (error as Error).message;
    throw new StartFault(`${shown(url)} cannot be fetched: ${because}`);
  }
  throw new StartFault(`${location} is sent on more than ${mostRedirects} times`);
}

function firstPlace(location: string): URL {
  const url = URL.parse(location);
  if (url === null) throw new StartFault(`${location} is no URL`);
  const isHere = url.protocol === 'http:' && isLoopback(url.hostname.replace(/^\[|\]$/g, ''));
  if (url.protocol !== 'https:' && !isHere)
    throw new StartFault(`${shown(url)}: only https is fetched, or http from this very machine`);
  return url;
}

function nextPlace(next: string, from: URL): URL {
  const url = URL.parse(next, from.href);
  if (url?.protocol !== 'https:') throw new StartFault(`${shown(from)} sends on to what is not https`);
  return url;
}

async function whole(body: AsyncIterable<Buffer>, url: URL): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > largestArchive)
      throw new StartFault(`${shown(url)} has more than ${largestArchive} bytes: that is no release`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** Where releases are, the query is a signature that opens the file. */
function shown({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}
