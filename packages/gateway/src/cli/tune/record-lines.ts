import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** What of a record of the access log tells false positives from attacks. */
export interface Matched {
  readonly time: string;
  readonly client: string;
  /** Who signed in; undefined for a caller that nobody knows. */
  readonly subject: string | undefined;
  readonly api: string;
  readonly operation: string;
  readonly status: number;
  /** Rule and place of each match, as `942100 ARGS:json.comment`. */
  readonly matches: readonly string[];
}

export interface Lines {
  /** Of requests that belong to no operation too. */
  records: number;
  unreadable: number;
}

/** A record has 60 KB at most; what is longer is none. */
const longestLine = 131_072;

/**
 * The records of requests to operations, one after the other, from a file of any length, packed with gzip or not.
 * @param lines counts what was read
 * @throws the fault of the file system
 */
export async function* readRecords(file: string, lines: Lines): AsyncGenerator<Matched, void> {
  for await (const line of linesOf(textOf(file))) {
    if (line === '') continue;
    const record = line === undefined ? undefined : recordOf(line);
    if (record === undefined) lines.unreadable++;
    else lines.records++;
    if (record?.operation !== undefined) yield record as Matched;
  }
}

function textOf(file: string): Readable {
  const bytes = createReadStream(file);
  if (!file.endsWith('.gz')) return bytes.setEncoding('utf8');
  const unpacked = createGunzip();
  bytes.on('error', (fault) => unpacked.destroy(fault));
  return bytes.pipe(unpacked).setEncoding('utf8');
}

/** Undefined for a line that is too long. */
async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<string | undefined, void> {
  let rest = '';
  let isTooLong = false;
  for await (const chunk of text) {
    const parts = chunk.split('\n');
    parts[0] = rest + parts[0]!;
    rest = parts.pop()!;
    for (const line of parts) {
      yield isTooLong || line.length > longestLine ? undefined : line;
      isTooLong = false;
    }
    if (rest.length <= longestLine) continue;
    rest = '';
    isTooLong = true;
  }
  if (isTooLong) yield undefined;
  else yield rest;
}

type Read = Omit<Matched, 'operation'> & { readonly operation: string | undefined };

function recordOf(line: string): Read | undefined {
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof read !== 'object' || read === null) return undefined;
  const { time, client, api, operation, status, principal, notes } = read as Record<string, unknown>;
  if (typeof time !== 'string' || typeof client !== 'string' || typeof status !== 'number') return undefined;
  const isServed = typeof api === 'string' && typeof operation === 'string';
  return {
    ...{ time, client, status },
    api: isServed ? api : '',
    operation: isServed ? operation : undefined,
    subject: subjectOf(principal),
    matches: matchesIn(notes),
  };
}

function subjectOf(principal: unknown): string | undefined {
  const { authenticator, subject } = (principal ?? {}) as Record<string, unknown>;
  return typeof subject === 'string' ? `${authenticator} ${subject}` : undefined;
}

function matchesIn(notes: unknown): readonly string[] {
  const matches = (notes as { waf?: unknown } | undefined)?.waf;
  return Array.isArray(matches) ? matches.filter((each) => typeof each === 'string') : [];
}
