import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const secretBytes = 32;

/** The 32 random bytes of a secret's file; undefined when it is not there. Throws when it holds something else. */
export function readSecretFile(file: string): KeyObject | undefined {
  if (!existsSync(file)) return undefined;
  const secret = readFileSync(file);
  if (secret.length !== secretBytes) {
    throw new Error(`${JSON.stringify(file)} must have ${secretBytes} bytes and has ${secret.length}`);
  }
  return createSecretKey(secret);
}

/** Makes a secret's file, readable by its owner only, unless another process was first, whose secret then counts. */
export function makeSecretFile(file: string): KeyObject {
  createOnce(file, randomBytes(secretBytes));
  const secret = readSecretFile(file);
  if (secret === undefined) throw new Error(`${JSON.stringify(file)} vanished`);
  return secret;
}

/**
 * The file appears whole or not at all, and only once: it is written under another name, and a link to it fails where
 * another process was first.
 */
export function createOnce(file: string, content: Uint8Array): void {
  const draft = join(dirname(file), `.draft-${randomBytes(12).toString('hex')}`);
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, content);
    fsyncSync(descriptor);
    linkSync(draft, file);
  } catch (error) {
    if (!existsSync(file)) throw error;
  } finally {
    closeSync(descriptor);
    rmSync(draft, { force: true });
  }
}
