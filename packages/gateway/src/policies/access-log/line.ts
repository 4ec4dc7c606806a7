import type { Ended } from '../../exchange.ts';
import type { Redact } from './redaction.ts';

/**
 * The record of an exchange as one line of JSON. Strings that a client chose go through JSON.stringify, so that
 * no value can forge a line; the order and spelling of the members are part of the product.
 */
export function recordLine(exchange: Ended, redact: Redact, withUserAgent: boolean): string {
  let line = `{"time":"${isoTime(exchange.receivedAt)}","id":${json(exchange.id)}`;
  line += `,"traceId":"${exchange.traceId}","client":${json(exchange.clientAddress)}`;
  if (exchange.peerAddress !== exchange.clientAddress) line += `,"peer":${json(exchange.peerAddress)}`;
  line += `,"method":${json(exchange.method)},"scheme":"${exchange.scheme}","host":${json(exchange.authority)}`;
  line += `,"path":${json(exchange.path.slice(0, 2048))}`;
  const query = redact(exchange.query);
  if (query !== undefined) line += `,"query":${json(query)}`;
  line += `,"version":"${exchange.httpVersion}","api":${json(exchange.api?.name ?? null)}`;
  line += `,"operation":${json(exchange.operation?.id ?? null)},"status":${exchange.status}`;
  line += `,"duration":${round(exchange.duration)},"requestBytes":${exchange.requestBytes},"replyBytes":${exchange.replyBytes}`;
  if (exchange.aborted) line += ',"aborted":true';
  line += principal(exchange) + outcome(exchange) + upstream(exchange);
  if (withUserAgent) {
    const userAgent = exchange.fields.get('user-agent');
    if (userAgent !== undefined) line += `,"userAgent":${json(userAgent.slice(0, 256))}`;
  }
  if (exchange.notes !== undefined) line += `,"notes":${JSON.stringify(exchange.notes)}`;
  return `${line}}\n`;
}

function principal({ principal: who }: Ended): string {
  if (who === undefined) return '';
  const client = who.client === undefined ? '' : `,"client":${json(who.client)}`;
  return `,"principal":{"authenticator":${json(who.authenticator)},"subject":${json(who.subject)}${client}}`;
}

function outcome({ refusal, observations }: Ended): string {
  let text = '';
  if (refusal !== undefined) text += `,"refusal":${JSON.stringify(refusal)}`;
  if (observations.length > 0) text += `,"observed":${JSON.stringify(observations)}`;
  return text;
}

function upstream({ upstream: to }: Ended): string {
  if (to === undefined) return '';
  const status = to.status === undefined ? '' : `,"status":${to.status}`;
  const duration = to.duration === undefined ? '' : `,"duration":${round(to.duration)}`;
  const error = to.error === undefined ? '' : `,"error":${json(to.error)}`;
  const attempts = to.attempts > 1 ? `,"attempts":${to.attempts}` : '';
  return `,"upstream":{"target":${json(to.target)}${status}${duration}${attempts}${error}}`;
}

/** Milliseconds with three digits behind the point. */
function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

const plain = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

function json(value: string | null): string {
  if (value === null) return 'null';
  return plain.test(value) ? `"${value}"` : JSON.stringify(value);
}

let lastSecond = -1;
let lastPrefix = '';

/** As Date.prototype.toISOString; the part down to the second is kept, as thousands of records share it. */
export function isoTime(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastPrefix = new Date(second * 1000).toISOString().slice(0, 20);
  }
  return `${lastPrefix}${String(milliseconds - second * 1000).padStart(3, '0')}Z`;
}
