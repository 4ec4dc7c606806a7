import { type Head, type Known, type Refuse, type Reply, refuse } from '../../exchange.ts';
import { askForWhole } from '../../http/content-fields.ts';
import type { Fields } from '../../http/fields.ts';
import { type ContentRules, concernsNothing, jsonType, missingIn, rulesFor } from './content.ts';

/** Has the service answer with content that can be looked into, and not with "you have it already". */
export function askForContent(upstreamFields: Fields): void {
  askForWhole(upstreamFields);
  upstreamFields.remove('if-none-match');
  upstreamFields.remove('if-modified-since');
}

/**
 * What can be said before the content is there: a stream of events never ends, and HEAD has no content.
 * @param observing nothing may be changed
 */
export function judgeReplyHead(
  asked: ContentRules,
  reply: Head & Known & Reply,
  observing: boolean,
): Refuse | undefined {
  const { method, status, principal, replyFields } = reply;
  if (!observing) keepPrivate(replyFields);
  const rules = rulesFor(asked, status);
  if (concernsNothing(rules, principal)) return undefined;
  if (method === 'HEAD' || status === 204) {
    // The length is that of the content before anything was taken out of it.
    if (!observing) replyFields.remove('content-length');
    return missingIn(rules, principal);
  }
  if (replyFields.get('content-length') === '0' || status === 304) return undefined;
  const fault = jsonType(replyFields);
  return fault === undefined ? undefined : refuse('reply-unverifiable', { reason: fault });
}

/**
 * Who asks decides what is in the reply, so that no cache in front of the gateway may give it to somebody else, whatever
 * the service says of it (RFC 9111 section 5.2.2.7).
 */
function keepPrivate(fields: Fields): void {
  const directives = fields
    .getAll('cache-control')
    .join(',')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '' && !/^(public|s-maxage\b)/i.test(each));
  if (!directives.some((each) => /^(private|no-store)$/i.test(each))) directives.unshift('private');
  fields.set('cache-control', directives.join(', '));
}
