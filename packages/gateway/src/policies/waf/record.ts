import type { Transaction } from '@portcullis/seclang';
import type { Head } from '../../exchange.ts';

const mostNoted = 100;

/** Writes into the record which rules matched and where, with the score; never what was there. */
export function noteMatches(request: Head, transaction: Transaction): void {
  if (transaction.matches.length === 0) return;
  request.note('waf', placesOf(transaction).slice(0, mostNoted));
  const score = Number(
    scoreNames.map((name) => transaction.variable(name)).find((each) => each !== undefined),
  );
  if (Number.isFinite(score)) request.note('wafScore', score);
}

/** Of CRS 3, of CRS 4, and of the rules that are built in. */
const scoreNames = ['anomaly_score', 'blocking_inbound_anomaly_score', 'core_inbound_score'];

const mostTold = 20;

/** The same for the reason of a refusal, in a few words. */
export function reasonOf(transaction: Transaction): string {
  return placesOf(transaction).slice(0, mostTold).join(', ');
}

function placesOf({ matches }: Transaction): string[] {
  return [...new Set(matches.map(({ ruleId, variable }) => `${ruleId} ${plain(variable)}`))];
}

/** Names of arguments are the client's. `XML://@*` looks like the password in a URL, which the record would hide. */
function plain(variable: string): string {
  return variable
    .replace('XML://@*', 'XML:@*')
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, 80);
}
