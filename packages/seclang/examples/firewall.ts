import { globSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { compileRules, coreRules, describeProblem, loadRules } from '@portcullis/seclang';

const isJson = (type: string): boolean => /^application\/(?:[\w.-]+\+)?json\b/i.test(type);
const files = {
  read: (path: string) => readFileSync(path, 'latin1'),
  list: (pattern: string) => globSync(pattern).sort(),
};
const loaded = loadRules(coreRules(), { files });
if (!loaded.ok) throw new Error(loaded.problems.map(describeProblem).join('\n'));
// Once for all requests: this takes some hundred milliseconds.
const engine = compileRules(loaded.ruleSet, {
  processorOf: (type) => (isJson(type) ? 'JSON' : undefined),
});

/** Larger bodies are to be refused before they are read to their end. */
export const largestBody = 128 * 1024;

export type Inspected =
  | { readonly refused: number }
  /** What JSON says; the bytes of other types, undefined without any. */
  | { readonly refused?: undefined; readonly body: unknown };

/** Holds a request against the rules; `refused` is the status to refuse it with, and nothing is to be told beside. */
export function inspect(request: IncomingMessage, bytes: Buffer): Inspected {
  // What is compressed is nothing to the rules and everything to whoever unpacks it behind them.
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') return { refused: 415 };
  const transaction = engine.transaction({
    method: request.method ?? '',
    target: request.url ?? '',
    protocol: `HTTP/${request.httpVersion}`,
    // With their names as sent, in their order, twice where they came twice.
    fields: request.rawHeaders,
    peerAddress: request.socket.remoteAddress ?? '',
  });
  if (transaction.requestHead().kind === 'pass') transaction.requestBody(bytes);
  transaction.logging();
  const { outcome, matches } = transaction;
  // For whoever runs the service. As JSON, as a client chooses the names of variables: a line end in one forges a line.
  for (const { ruleId, variable, message } of matches)
    process.stderr.write(`${printable(JSON.stringify({ ruleId, variable, message }))}\n`);
  if (outcome.kind !== 'pass') return { refused: outcome.status };
  if (bytes.length === 0) return { body: undefined };
  if (!isJson(request.headers['content-type'] ?? '')) return { body: bytes };
  return { body: JSON.parse(bytes.toString()) };
}

function printable(json: string): string {
  return json.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
