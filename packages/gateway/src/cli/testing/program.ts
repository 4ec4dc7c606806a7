import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

/** A folder with these files, which goes when the test ends. */
export function folderWith(t: TestContext, files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-cli-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

export interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const main = new URL('../../main.ts', import.meta.url).pathname;

/** Runs the program as a user does, in a folder. */
export function portcullis(folder: string, ...args: readonly string[]): Promise<Finished> {
  return portcullisWith('', folder, ...args);
}

/** The same with something to read on stdin. */
export function portcullisWith(input: string, folder: string, ...args: readonly string[]): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [main, ...args], { cwd: folder }, (error, out, err) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, out, err });
      else reject(error);
    });
    // It may be gone before it has read all.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}
