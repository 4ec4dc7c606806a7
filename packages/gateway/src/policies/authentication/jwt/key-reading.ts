import { readFile } from 'node:fs/promises';
import { DocumentReader, type Documents, type Reading } from '../../../documents/documents.ts';
import type { Fetched } from '../../../documents/fetch-json.ts';
import { assertSafe, withoutQuery } from '../../../documents/location.ts';

export interface KeyReading {
  /** For the operator. */
  readonly name: string;
  readonly read: (youngerThan: number) => Promise<Reading>;
}

/** Whether a location is a URL, and no file. */
export function isUrl(location: string): boolean {
  return /^https?:\/\//i.test(location);
}

/**
 * How the keys at a location that is written out are read.
 * @param location a URL, or the absolute path of a file
 * @throws Error when a URL is not safe
 */
export function keyReading(location: string, documents: Documents, now: () => number): KeyReading {
  if (isUrl(location)) {
    assertSafe(location, 'jwks');
    return {
      name: withoutQuery(location),
      read: (youngerThan) => documents.read(location, youngerThan),
    };
  }
  const files = new DocumentReader(readKeyFile, now);
  return { name: location, read: (youngerThan) => files.read(location, youngerThan) };
}

async function readKeyFile(path: string): Promise<Fetched> {
  return { text: await readFile(path, 'utf8'), maxAge: undefined };
}
