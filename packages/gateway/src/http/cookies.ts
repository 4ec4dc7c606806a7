export type CookieReason = 'too-many' | 'control-character';

export interface CookieFault {
  readonly kind: 'fault';
  readonly reason: CookieReason;
}

/** For each reason, what the caller has to change. */
export const cookieReasons: Readonly<Record<CookieReason, string>> = {
  'too-many': 'Send fewer cookies.',
  'control-character': 'Remove control characters from the Cookie field.',
};

const faults: Readonly<Record<CookieReason, CookieFault>> = {
  'too-many': Object.freeze({ kind: 'fault', reason: 'too-many' }),
  'control-character': Object.freeze({ kind: 'fault', reason: 'control-character' }),
};

const semicolon = 0x3b;
const equals = 0x3d;
const space = 0x20;
const tab = 0x09;

/**
 * Splits a Cookie field value into pairs, in order and with duplicates, by the rules that user agents follow
 * when they read Set-Cookie (RFC 6265bis 5): white space around names and values is dropped, a
 * piece without "=" is a value with the name "", quotes stay part of the value, nothing is decoded. A control
 * character other than a tab is a fault. Tell the outcomes apart with `'kind' in result`.
 *
 * Never throws; linear, and stops at pair number `limit` + 1.
 */
export function parseCookies(
  value: string,
  limit: number,
): readonly [name: string, value: string][] | CookieFault {
  const pairs: [name: string, value: string][] = [];
  for (let start = 0; start < value.length; ) {
    let at = start;
    let equalsAt = -1;
    for (; at < value.length; at++) {
      const code = value.charCodeAt(at);
      if (code === semicolon) break;
      if ((code < space && code !== tab) || code === 0x7f) return faults['control-character'];
      if (code === equals && equalsAt < 0) equalsAt = at;
    }
    const name = equalsAt < 0 ? '' : trimmed(value, start, equalsAt);
    const content = trimmed(value, equalsAt < 0 ? start : equalsAt + 1, at);
    if (name !== '' || content !== '') {
      if (pairs.length === limit) return faults['too-many'];
      pairs.push([name, content]);
    }
    start = at + 1;
  }
  return pairs;
}

/** `value` from `start` to `end` without spaces and tabs at either side. */
function trimmed(value: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(value.charCodeAt(from))) from++;
  while (to > from && isBlank(value.charCodeAt(to - 1))) to--;
  return value.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === space || code === tab;
}
