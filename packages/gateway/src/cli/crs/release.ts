import { lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { StartFault } from '../start-fault.ts';
import { fetchArchive } from './fetch-archive.ts';
import { type ReleaseRecord, recordName, sha256 } from './record.ts';
import { type UnpackedFile, unpack } from './unpack.ts';

export interface Release {
  readonly version: string;
  readonly location: string;
  /** Lower-case hexadecimal digits. */
  readonly sum: string;
}

export function officialLocation(version: string): string {
  return `https://github.com/coreruleset/coreruleset/releases/download/v${version}/coreruleset-${version}-minimal.tar.gz`;
}

/**
 * Fetches a release and writes its files into a folder that is not there yet. They are written beside it and get their name when
 * all of them are there, so that what fails on the way leaves nothing behind.
 * @returns number of its files
 * @throws StartFault when any of it fails; nothing is unpacked whose sum is another
 */
export async function installRelease({ version, location, sum }: Release, folder: string): Promise<number> {
  const target = resolve(folder);
  assertFree(target);
  const archive = await fetchArchive(location);
  const found = sha256(archive);
  if (found !== sum)
    throw new StartFault(
      `what came from ${location} is not what it should be, and is thrown away: its SHA-256 is ${found}, expected ${sum}`,
    );
  const files = await unpack(archive);
  if (!files.some(({ path }) => path === 'rules/REQUEST-901-INITIALIZATION.conf'))
    throw new StartFault(
      'the archive has no Core Rule Set: rules/REQUEST-901-INITIALIZATION.conf is missing',
    );
  writeAll(target, files, {
    version,
    location,
    sha256: sum,
    files: Object.fromEntries(files.map(({ path, content }) => [path, sha256(content)])),
  });
  return files.length;
}

function assertFree(target: string): void {
  if (lstatSync(target, { throwIfNoEntry: false }) === undefined) return;
  throw new StartFault(`${target} is there already: name another folder with --to, or move it away`);
}

function writeAll(target: string, files: readonly UnpackedFile[], record: ReleaseRecord): void {
  let beside: string | undefined;
  try {
    mkdirSync(dirname(target), { recursive: true });
    beside = mkdtempSync(join(dirname(target), `.${basename(target)}-`));
    // `mkdtemp` is for the owner alone; the gateway may run as somebody else.
    const whole = join(beside, 'release');
    mkdirSync(whole);
    for (const { path, content } of files) {
      mkdirSync(dirname(join(whole, path)), { recursive: true });
      writeFileSync(join(whole, path), content, { flag: 'wx' });
    }
    writeFileSync(join(whole, recordName), `${JSON.stringify(record, null, 2)}\n`, { flag: 'wx' });
    assertFree(target);
    renameSync(whole, target);
  } catch (error) {
    if (error instanceof StartFault) throw error;
    throw new StartFault(`${target} cannot be written: ${(error as Error).message}`);
  } finally {
    if (beside !== undefined) rmSync(beside, { recursive: true, force: true });
  }
}
