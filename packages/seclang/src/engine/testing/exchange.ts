import { loadRules } from '../../load.ts';
import type { RuleSet } from '../../model/rule.ts';
import { describeProblem } from '../../parse/problem.ts';
import type { Engine } from '../compile.ts';
import type { RequestHead, ResponseHead } from '../request.ts';
import type { Transaction } from '../transaction.ts';

export interface Exchange extends Partial<RequestHead> {
  readonly body?: string | Uint8Array;
  readonly response?: Partial<ResponseHead> & { readonly body?: string };
}

/** The rules of a text, or an error that says what is wrong with it. */
export function ruleSet(text: string): RuleSet {
  const loaded = loadRules([{ text, name: 'test.conf' }]);
  if (!loaded.ok) throw new Error(loaded.problems.map(describeProblem).join('\n'));
  return loaded.ruleSet;
}

/** All phases of one exchange; those of a response only with one. */
export function exchange(engine: Engine, exchanged: Exchange = {}): Transaction {
  return run(engine, exchanged, (transaction) => transaction.requestBody(exchanged.body));
}

/** The same, phase 2 in the smallest steps that there are. */
export function exchangeInSteps(engine: Engine, exchanged: Exchange = {}): Transaction {
  return run(engine, exchanged, (transaction) => {
    for (const _ of transaction.requestBodyInSteps(exchanged.body, 1));
  });
}

function run(
  engine: Engine,
  { body, response, ...request }: Exchange,
  requestBody: (transaction: Transaction) => void,
): Transaction {
  const transaction = engine.transaction({
    method: body === undefined ? 'GET' : 'POST',
    target: '/',
    protocol: 'HTTP/1.1',
    fields: ['Host', 'shop.example'],
    peerAddress: '192.0.2.7',
    id: 'unique',
    ...request,
  });
  transaction.requestHead();
  requestBody(transaction);
  if (response !== undefined) {
    transaction.responseHead({ status: 200, protocol: 'HTTP/1.1', fields: [], ...response });
    transaction.responseBody(response.body);
  }
  transaction.logging();
  return transaction;
}
