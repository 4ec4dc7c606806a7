import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { unpackTar } from 'modern-tar';
import { StartFault } from '../start-fault.ts';

/** Release 4 has some 3 MB in 100 files; the archive with all of its tests 15 MB in 700. */
const largestUnpacked = 64 * 1_048_576;
const mostEntries = 5_000;
const longestPath = 200;

export interface UnpackedFile {
  /** Below the folder that the archive is of, with slashes. */
  readonly path: string;
  readonly content: Uint8Array;
}

/**
 * The files of a `.tar.gz`. Its sum was right, but a release may be wrong too: nothing but files and folders is taken, all of
 * them below one folder, whose name goes.
 * @throws StartFault for anything else, and for what is too much
 */
export async function unpack(archive: Buffer): Promise<UnpackedFile[]> {
  let entries = 0;
  try {
    const tar = await promisify(gunzip)(archive, { maxOutputLength: largestUnpacked });
    const unpacked = await unpackTar(tar, {
      strict: true,
      filter({ name, type = 'file' }) {
        if (++entries > mostEntries) throw new StartFault(`it has more than ${mostEntries} entries`);
        if (type === 'pax-global-header') return false;
        if (type !== 'file' && type !== 'directory')
          throw new StartFault(`${JSON.stringify(name)} is neither a file nor a folder, but a ${type}`);
        if (!isBelowOneFolder(name)) throw new StartFault(`${JSON.stringify(name)} is no path to be written`);
        return type === 'file';
      },
    });
    const files = unpacked.map(({ header, data }) => ({
      path: header.name.slice(header.name.indexOf('/') + 1),
      content: data ?? new Uint8Array(),
    }));
    assertApart(unpacked.map(({ header }) => header.name));
    return files;
  } catch (error) {
    throw new StartFault(`the archive cannot be unpacked: ${(error as Error).message}`);
  }
}

/** Plain names only: no `..`, no root, nothing that means something else on another system or in a pattern. */
function isBelowOneFolder(name: string): boolean {
  if (name.length > longestPath) return false;
  return name
    .replace(/\/$/, '')
    .split('/')
    .every((part) => /^[A-Za-z0-9._+@-]{1,100}$/.test(part) && part !== '.' && part !== '..');
}

/** One folder for all, no file twice, and none in the place of a folder. */
function assertApart(names: readonly string[]): void {
  const tops = new Set(names.map((name) => name.split('/', 1)[0]));
  if (tops.size !== 1 || names.some((name) => !name.includes('/')))
    throw new StartFault('its files are not below one folder');
  // Where the file system takes letters of both cases for one, names that differ in that alone are one file.
  const seen = new Set(names.map((name) => name.toLowerCase()));
  if (seen.size !== names.length) throw new StartFault('it has a file twice');
}
