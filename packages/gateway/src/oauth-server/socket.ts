import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What fits into the address of a Unix socket on every system (sys/un.h of macOS), less the zero at its end. */
const longestPath = 103;
/** What draftOf() adds. */
const longestDraft = 8;

/**
 * Where data threads reach the OAuth server of this process: in a folder of the state folder that only its owner may enter.
 * The number of the process is in the name, as another gateway may use the same folder. Where the path would be too long
 * for a socket it is a folder of its own below that for temporary files.
 */
export function socketPath(stateFolder: string, pid: number = process.pid): string {
  const usual = join(stateFolder, 'oauth-socket', `${pid}.sock`);
  if (Buffer.byteLength(usual) + longestDraft <= longestPath) return usual;
  const name = createHash('sha256').update(stateFolder).digest('hex').slice(0, 16);
  return join(tmpdir(), `portcullis-${name}`, `${pid}.sock`);
}

/** Where a thread listens before it takes the place of another one. */
export function draftOf(socket: string, generation: number): string {
  return `${socket}.${generation % 1_000_000}`;
}

/**
 * Makes the folder of a socket if need be.
 * @throws Error when somebody else could enter it: in a folder that all may write to, another user may have been first
 */
export function makeSocketFolder(socket: string): void {
  const folder = dirname(socket);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stats = lstatSync(folder);
  if (!stats.isDirectory() || (process.getuid !== undefined && stats.uid !== process.getuid()))
    throw new Error(`the folder ${JSON.stringify(folder)} of the OAuth server's socket is not this user's`);
  chmodSync(folder, 0o700);
}

/** Removes the sockets that nobody listens on any more: of processes that were killed. */
export async function removeDeadSockets(socket: string): Promise<void> {
  const folder = dirname(socket);
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (/\.sock(\.[0-9]+)?$/.test(name) && !(await isListening(path))) rmSync(path, { force: true });
  }
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}
