import { readFileSync } from 'node:fs';
import { type CoreOptions, coreRules } from '../../../src/core.ts';
import type { EngineOptions } from '../../../src/engine/compile.ts';
import { compileRules } from '../../../src/engine/engine.ts';
import type { Transaction } from '../../../src/engine/transaction.ts';
import { loadRules } from '../../../src/load.ts';
import type { RuleSet } from '../../../src/model/rule.ts';
import { describeProblem } from '../../../src/parse/problem.ts';
import type { Sample } from './places.ts';

export function coreRuleSet(options: CoreOptions = {}): RuleSet {
  const files = { read: (path: string) => readFileSync(path, 'latin1'), list: (path: string) => [path] };
  const loaded = loadRules(coreRules(options), { files });
  if (!loaded.ok) throw new Error(loaded.problems.map(describeProblem).join('\n'));
  if (loaded.warnings.length > 0) throw new Error(loaded.warnings.map(describeProblem).join('\n'));
  return loaded.ruleSet;
}

const isPatient: EngineOptions = { budget: 60_000 };

/** Runs samples through the rules, response and all. */
export function coreRunner(options: CoreOptions = {}): (sample: Sample) => Transaction {
  const engine = compileRules(coreRuleSet({ inspectsResponses: true, ...options }), isPatient);
  return ({ body, reply, ...head }) => {
    const transaction = engine.transaction({ ...head, protocol: 'HTTP/1.1', peerAddress: '192.0.2.7' });
    transaction.requestHead();
    transaction.requestBody(body);
    if (reply !== undefined) {
      transaction.responseHead({ status: 200, protocol: 'HTTP/1.1', fields: ['Content-Type', 'text/html'] });
      transaction.responseBody(reply);
    }
    transaction.logging();
    return transaction;
  };
}

/** Rules of the families that matched, without the one that adds up. */
export function matchedRules(transaction: Transaction): number[] {
  return transaction.matches.map(({ ruleId }) => ruleId).filter((id) => id < 9_990_000);
}
