import { readFile } from 'node:fs/promises';
import { request } from 'undici';
import type { VerificationKey } from './key-set.ts';
import { readKeySet } from './key-set.ts';

export interface KeySourceOptions {
  /** An https URL (http to loopback only), or the absolute path of a file. */
  readonly location: string;
  /** Milliseconds after which the keys are read again. */
  readonly refresh: number;
  readonly now: () => number;
  readonly warn: (message: string) => void;
  /** Called when other keys are in force than before. */
  readonly onChange: () => void;
}

/** An unknown `kid` makes us look at most this often, whatever a client sends. Milliseconds. */
const lookAgainAfter = 10_000;
const requestTimeout = 5_000;
const largestSet = 1_048_576;

/**
 * The keys of an issuer, read when first needed, then again every `refresh`. Reading is single-flight. While the
 * issuer cannot be reached the last keys stay in force.
 */
export class KeySource {
  readonly #options: KeySourceOptions;
  #keys: readonly VerificationKey[] | undefined;
  #text = '';
  #reading: Promise<void> | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #closed = false;
  #failing = false;

  constructor(options: KeySourceOptions) {
    this.#options = options;
  }

  /** What is known at present; starts a reading in the background when that is old. */
  get keys(): readonly VerificationKey[] | undefined {
    if (this.#options.now() - this.#triedAt >= this.#options.refresh) void this.#read();
    return this.#keys;
  }

  /** Waits for a first reading, or for one that an unknown `kid` asks for; never more often than the bound. */
  async lookAgain(): Promise<readonly VerificationKey[] | undefined> {
    const wait = this.#keys === undefined ? 1_000 : lookAgainAfter;
    if (this.#reading !== undefined) await this.#reading;
    else if (this.#options.now() - this.#triedAt >= wait) await this.#read();
    return this.#keys;
  }

  close(): void {
    this.#closed = true;
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readOnce(): Promise<void> {
    const { location, warn, onChange, now } = this.#options;
    this.#triedAt = now();
    try {
      const text = isUrl(location) ? await fetchText(location) : await readFile(location, 'utf8');
      if (this.#closed) return;
      if (this.#failing) warn(`the keys of ${location} can be read again`);
      this.#failing = false;
      if (text === this.#text) return;
      this.#keys = readKeySet(text);
      this.#text = text;
      onChange();
    } catch (error) {
      if (!this.#failing && !this.#closed) {
        const kept = this.#keys === undefined ? 'its tokens are answered with 503 until they can' : 'the last ones stay in force';
        warn(`the keys of ${location} cannot be read (${(error as Error).message}); ${kept}`);
      }
      this.#failing = true;
    }
  }
}

export function isUrl(location: string): boolean {
  return /^https?:\/\//i.test(location);
}

/** @throws Error when keys would travel in the clear: whoever can change them can sign tokens */
export function assertSafe(location: string): void {
  const url = new URL(location);
  const loopback = ['localhost', '[::1]'].includes(url.hostname) || /^127\.[0-9.]+$/.test(url.hostname);
  if (url.protocol === 'http:' && !loopback) {
    throw new Error(`jwt: jwks ${location} must be an https URL, as whoever can change the keys on the way can sign tokens`);
  }
}

async function fetchText(location: string): Promise<string> {
  const reply = await request(location, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    headersTimeout: requestTimeout,
    bodyTimeout: requestTimeout,
    signal: AbortSignal.timeout(requestTimeout),
  });
  if (reply.statusCode !== 200) {
    await reply.body.dump();
    throw new Error(`status ${reply.statusCode}`);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of reply.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestSet) throw new Error(`larger than ${largestSet} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
