import { globSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { compileRules, coreRules, describeProblem, loadRules } from '@portcullis/seclang';

const files = {
  read: (path: string) => readFileSync(path, 'latin1'),
  list: (pattern: string) => globSync(pattern).sort(),
};
const loaded = loadRules(coreRules(), { files });
if (!loaded.ok) throw new Error(loaded.problems.map(describeProblem).join('\n'));
// Once for all requests: this takes some hundred milliseconds.
const engine = compileRules(loaded.ruleSet, {
  processorOf: (type) => (/^application\/(?:[\w.-]+\+)?json\b/i.test(type) ? 'JSON' : undefined),
});

/** Larger bodies are to be refused before they are read to their end. */
export const largestBody = 128 * 1024;

/** @returns the status to refuse the request with; undefined for one that passes */
export function refusalOf(request: IncomingMessage, body: Uint8Array): number | undefined {
  const transaction = engine.transaction({
    method: request.method ?? '',
    target: request.url ?? '',
    protocol: `HTTP/${request.httpVersion}`,
    // With their names as sent, in their order, twice where they came twice.
    fields: request.rawHeaders,
    peerAddress: request.socket.remoteAddress ?? '',
  });
  if (transaction.requestHead().kind === 'pass') transaction.requestBody(body);
  transaction.logging();
  const { outcome, matches } = transaction;
  // For whoever runs the service. The caller learns nothing of the rules.
  for (const { ruleId, variable, message } of matches)
    process.stderr.write(`${ruleId} ${variable} ${message}\n`);
  return outcome.kind === 'pass' ? undefined : outcome.status;
}
