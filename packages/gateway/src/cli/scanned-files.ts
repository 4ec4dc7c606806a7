import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** A piece of a file, or why it, or a folder, was not read. The buffer is used again for the next piece. */
export type Piece =
  | { readonly kind: 'bytes'; readonly file: string; readonly bytes: Buffer }
  | { readonly kind: 'unread'; readonly file: string; readonly why: string };

const pieceSize = 262_144;

/**
 * The content of a file, or of all files of a folder and those in it, piece by piece. Links are not followed, so that a
 * tree that somebody else made leads nowhere else; what is no file, such as a pipe, would never end.
 */
export function* piecesOf(path: string): Generator<Piece> {
  const buffer = Buffer.allocUnsafe(pieceSize);
  const waiting = [path];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const isNamed = next === path;
    try {
      const stats = lstatSync(next);
      if (stats.isDirectory()) waiting.push(...namesIn(next));
      else if (stats.isFile()) yield* contentOf(next, buffer);
      else if (isNamed)
        yield {
          kind: 'unread',
          file: next,
          why: stats.isSymbolicLink() ? 'a link' : 'neither file nor folder',
        };
    } catch (error) {
      yield { kind: 'unread', file: next, why: reasonOf(error as NodeJS.ErrnoException) };
    }
  }
}

/** In order when they are taken from the end. */
function namesIn(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .reverse()
    .map((name) => join(folder, name));
}

function* contentOf(file: string, buffer: Buffer): Generator<Piece> {
  // Something else may have taken its place since it was looked at.
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!fstatSync(descriptor).isFile()) throw new Error('it is no file any more');
    for (;;) {
      const length = readSync(descriptor, buffer);
      if (length === 0) return;
      yield { kind: 'bytes', file, bytes: buffer.subarray(0, length) };
    }
  } finally {
    closeSync(descriptor);
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'it is not there';
  return code === 'EACCES' ? 'it may not be read' : message;
}
