import { existsSync } from 'node:fs';
import { ApiKeyStore, databaseFile, type FoundKey } from '../stores/api-keys.ts';
import { keyBeginning } from '../stores/key-text.ts';
import { complain, print, UsageFault } from './command.ts';
import { KeyFinder } from './key-finder.ts';
import { piecesOf } from './scanned-files.ts';

/** A key that was found; nothing of it that could be used. */
interface Finding {
  readonly file: string;
  readonly line: number;
  readonly key: string;
  /** `live` keys are accepted at present; `unknown` ones are of no store that is known here. */
  readonly state: 'live' | 'revoked' | 'expired' | 'superseded' | 'unknown';
  readonly id: string | null;
  readonly name: string | null;
}

export interface ScanOptions {
  readonly json: boolean;
  /** State folder, whose keys are told apart from others. */
  readonly folder: string;
}

/**
 * Looks for keys in files, folders and, by `-`, what comes in. Findings are told as they are made, so that however many
 * there are, none waits in memory.
 * @returns the exit code: 1 when a key is live, or something could not be read and may hold one
 */
export async function scan(paths: readonly string[], { json, folder }: ScanOptions): Promise<number> {
  if (paths.length === 0)
    throw new UsageFault('say where to look: portcullis key scan FOLDER, or - for what comes in');
  if (!existsSync(databaseFile(folder)))
    complain(`there are no keys in ${folder}, so that none that is found can be told from others`);
  const store = new ApiKeyStore(folder, { readOnly: true });
  const report = new Report(json);
  try {
    for (const path of paths) {
      if (path === '-') await scanInput(store, report);
      else scanFiles(path, store, report);
    }
  } finally {
    store.close();
  }
  return report.end();
}

async function scanInput(store: ApiKeyStore, report: Report): Promise<void> {
  const finder = new KeyFinder();
  for await (const piece of process.stdin) scanPiece('-', finder, piece as Buffer, store, report);
}

function scanFiles(path: string, store: ApiKeyStore, report: Report): void {
  let file: string | undefined;
  let finder = new KeyFinder();
  for (const piece of piecesOf(path)) {
    if (piece.kind === 'unread') {
      report.unread(piece.file, piece.why);
      continue;
    }
    if (piece.file !== file) finder = new KeyFinder();
    file = piece.file;
    scanPiece(file, finder, piece.bytes, store, report);
  }
}

function scanPiece(file: string, finder: KeyFinder, bytes: Buffer, store: ApiKeyStore, report: Report): void {
  for (const { key, line } of finder.take(bytes))
    report.found(findingOf(file, line, key, store.find(key, Date.now())));
}

function findingOf(file: string, line: number, key: string, found: FoundKey | undefined): Finding {
  return {
    file: printable(file),
    line,
    key: keyBeginning(key),
    state: found === undefined ? 'unknown' : (found.fault ?? 'live'),
    id: found?.record.id ?? null,
    name: found?.record.name ?? null,
  };
}

/** Names of files are anybody's, and must not steer a terminal. */
function printable(file: string): string {
  return file.replace(/\p{C}/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

class Report {
  readonly #json: boolean;
  #count = 0;
  #live = 0;
  #unread = 0;

  constructor(json: boolean) {
    this.#json = json;
  }

  found(finding: Finding): void {
    if (finding.state === 'live') this.#live++;
    if (this.#json) process.stdout.write(`${this.#count === 0 ? '[' : ','}\n  ${JSON.stringify(finding)}`);
    else print(lineOf(finding));
    this.#count++;
  }

  unread(file: string, why: string): void {
    this.#unread++;
    complain(`${printable(file)} was not looked into: ${why}`);
  }

  end(): number {
    if (this.#json) print(this.#count === 0 ? '[]' : '\n]');
    else if (this.#count === 0) print('no keys');
    if (this.#live > 0)
      complain(
        `${this.#live} ${this.#live === 1 ? 'is' : 'are'} live: portcullis key rotate ID --overlap 0 gives a key another secret, portcullis key revoke ID ends it`,
      );
    return this.#live > 0 || this.#unread > 0 ? 1 : 0;
  }
}

function lineOf({ file, line, key, state, id, name }: Finding): string {
  const whose = id === null ? 'of no key in this store' : `${id} (${name})`;
  return `${file}:${line}  ${key}  ${state}  ${whose}`;
}
