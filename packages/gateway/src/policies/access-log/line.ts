import type { Ended, Observation, Principal } from '../../exchange.ts';
import { jsonString } from './json-string.ts';
import type { Redaction } from './redaction.ts';

/** Characters of texts that others chose. */
const longestName = 256;
const longestReason = 512;
/** Notes of an exchange, items of a list in one, and observations. */
const mostItems = 32;

/**
 * The record of an exchange as one line of JSON in ASCII, of at most some 60 KB. Strings that a client chose are cut,
 * looked through for credentials, and escaped, so that no value can forge a line or steer a terminal; the order and
 * spelling of the members are part of the product.
 */
export function recordLine(exchange: Ended, redaction: Redaction, withUserAgent: boolean): string {
  const { text } = redaction;
  let line = `{"time":"${isoTime(exchange.receivedAt)}","id":${json(exchange.id)}`;
  line += `,"traceId":${json(exchange.traceId)},"client":${json(exchange.clientAddress)}`;
  if (exchange.peerAddress !== exchange.clientAddress) line += `,"peer":${json(exchange.peerAddress)}`;
  line += `,"method":${json(exchange.method)},"scheme":"${exchange.scheme}","host":${json(exchange.authority)}`;
  line += `,"path":${jsonString(redaction.path(exchange))}`;
  const query = redaction.query(exchange.query);
  if (query !== undefined) line += `,"query":${jsonString(query)}`;
  line += `,"version":"${exchange.httpVersion}","api":${jsonOrNull(exchange.api?.name)}`;
  line += `,"operation":${jsonOrNull(exchange.operation?.id)},"status":${number(exchange.status)}`;
  line += `,"duration":${number(exchange.duration)},"requestBytes":${number(exchange.requestBytes)}`;
  line += `,"replyBytes":${number(exchange.replyBytes)}`;
  if (exchange.aborted) line += ',"aborted":true';
  line += principal(exchange) + outcome(exchange, text) + upstream(exchange);
  if (withUserAgent) {
    const userAgent = exchange.fields.get('user-agent');
    if (userAgent !== undefined) line += `,"userAgent":${json(text(userAgent))}`;
  }
  if (exchange.notes !== undefined) line += `,"notes":${notes(exchange.notes, text)}`;
  return `${line}}\n`;
}

/** A principal is remembered with its credential, and so is what is written of it. */
const writtenPrincipals = new WeakMap<Principal, string>();

function principal({ principal: who }: Ended): string {
  if (who === undefined) return '';
  let written = writtenPrincipals.get(who);
  if (written === undefined) {
    const client = who.client === undefined ? '' : `,"client":${json(who.client)}`;
    written = `,"principal":{"authenticator":${json(who.authenticator)},"subject":${json(who.subject)}${client}}`;
    writtenPrincipals.set(who, written);
  }
  return written;
}

type Text = Redaction['text'];

function outcome({ refusal, observations }: Ended, text: Text): string {
  const refused = refusal === undefined ? '' : `,"refusal":${observation(refusal, text)}`;
  if (observations.length === 0) return refused;
  const observed = observations.slice(0, mostItems).map((each) => observation(each, text));
  return `${refused},"observed":[${observed.join(',')}]`;
}

function observation({ policy, problem, reason }: Observation, text: Text): string {
  // Reasons quote names that the caller made up.
  const because = reason === undefined ? '' : `,"reason":${jsonString(text(reason).slice(0, longestReason))}`;
  return `{"policy":${json(policy)},"problem":"${problem}"${because}}`;
}

function upstream({ upstream: to }: Ended): string {
  if (to === undefined) return '';
  const status = to.status === undefined ? '' : `,"status":${number(to.status)}`;
  const duration = to.duration === undefined ? '' : `,"duration":${number(to.duration)}`;
  const error = to.error === undefined ? '' : `,"error":${json(to.error)}`;
  const attempts = to.attempts > 1 ? `,"attempts":${number(to.attempts)}` : '';
  return `,"upstream":{"target":${json(to.target)}${status}${duration}${attempts}${error}}`;
}

type Note = NonNullable<Ended['notes']>[string];

function notes(all: NonNullable<Ended['notes']>, text: Text): string {
  const names = Object.keys(all).slice(0, mostItems);
  return `{${names.map((name) => `${json(name)}:${note(all[name]!, text)}`).join(',')}}`;
}

function note(value: Note, text: Text): string {
  if (typeof value === 'string') return json(text(value));
  if (typeof value === 'number') return number(value);
  if (typeof value === 'boolean') return String(value);
  return `[${value
    .slice(0, mostItems)
    .map((each) => json(text(each)))
    .join(',')}]`;
}

function json(value: string): string {
  return jsonString(value.length > longestName ? value.slice(0, longestName) : value);
}

function jsonOrNull(value: string | undefined): string {
  return value === undefined ? 'null' : json(value);
}

/** Three digits behind the point at most; JSON knows neither NaN nor infinity. */
function number(value: number): string {
  const thousandths = Math.round(value * 1000);
  // Whole numbers are written several times as fast as fractions, which all records have two of.
  if (!(thousandths >= 0 && thousandths <= 0x7fff_ffff))
    return Number.isFinite(thousandths) ? String(thousandths / 1000) : 'null';
  const whole = (thousandths / 1000) | 0;
  return `${whole}${fractions[thousandths - whole * 1000]}`;
}

const fractions: readonly string[] = Array.from({ length: 1000 }, (_, i) => String(i / 1000).slice(1));

let lastSecond = -1;
let lastPrefix = '';

/** As Date.prototype.toISOString; the part down to the second is kept, as thousands of records share it. */
export function isoTime(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  const second = Math.floor(whole / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastPrefix = new Date(second * 1000).toISOString().slice(0, -4);
  }
  return `${lastPrefix}${String(whole - second * 1000).padStart(3, '0')}Z`;
}
