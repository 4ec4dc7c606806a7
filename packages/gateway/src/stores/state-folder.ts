import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

const writableByOthers = 0o022;

/**
 * The folder for what the gateway keeps, made with mode 0700 if it is not there. Throws when it is a file, or when
 * people other than its owner could write to it: they could replace the keys that the gateway believes.
 * @returns its absolute path
 */
export function stateFolder(path: string): string {
  const folder = resolve(path);
  const shown = JSON.stringify(folder);
  let made: string | undefined;
  try {
    made = mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    // What stands in the way is named below where it is the folder itself.
    if (!isFile(folder)) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`the state folder ${shown} cannot be made: ${why}`, { cause: error });
    }
  }
  const stats = statSync(folder);
  if (!stats.isDirectory()) throw new Error(`the state folder ${shown} is a file; name a folder instead`);
  if (made !== undefined) {
    chmodSync(folder, 0o700);
    return folder;
  }
  // Windows has no such modes and reports all folders as writable.
  if (process.platform !== 'win32' && (stats.mode & writableByOthers) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    throw new Error(
      `the state folder ${shown} can be written by others (mode ${mode}); run: chmod go-w ${shown}`,
    );
  }
  return folder;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
