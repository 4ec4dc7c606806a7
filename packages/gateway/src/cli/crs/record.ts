import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Beside the folder `rules` of a release that was fetched. */
export const recordName = 'portcullis-release.json';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

const schema = z.strictObject({
  version: z.string(),
  location: z.string(),
  sha256: digest,
  /** Of each file, by its path. */
  files: z.record(z.string(), digest),
});

export type ReleaseRecord = z.infer<typeof schema>;

const largestRecord = 4 * 1_048_576;

/**
 * What of a release is no longer as it was fetched. Files that were added are the user's.
 * @returns undefined for a folder that was not fetched
 */
export function changedSince(folder: string): { version: string; changed: string[] } | undefined {
  const file = join(folder, recordName);
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) return undefined;
  const record = size > largestRecord ? undefined : read(file);
  if (record === undefined) return { version: 'unknown', changed: [recordName] };
  const changed = Object.entries(record.files)
    .filter(([path, sum]) => sumOf(join(folder, path)) !== sum)
    .map(([path]) => path);
  return { version: record.version, changed };
}

function read(file: string): ReleaseRecord | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function sumOf(file: string): string | undefined {
  try {
    return sha256(readFileSync(file));
  } catch {
    return undefined;
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
