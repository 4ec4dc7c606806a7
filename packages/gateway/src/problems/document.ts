import type { Refuse } from '../exchange.ts';
import { catalogue, problemType } from './catalogue.ts';

/**
 * The problem document of a refusal (RFC 9457 section 3). Nothing internal is in it: `reason` stays in the
 * record.
 * @param requestId for the caller to quote to the operator
 */
export function problemDocument(refusal: Refuse, requestId: string): string {
  const entry = catalogue[refusal.problem];
  return JSON.stringify({
    type: problemType(refusal.problem),
    title: entry.title,
    status: entry.status,
    detail: refusal.detail ?? entry.detail,
    remedy: entry.remedy,
    requestId,
    ...refusal.members,
  });
}
