import { looksLikeKey } from '../../stores/key-text.ts';

export const ruleNames = [
  'stack-trace',
  'sql-error',
  'private-key',
  'card-number',
  'token',
  'internal-address',
] as const;
export type RuleName = (typeof ruleNames)[number];

/**
 * Looks at a place where a word was found. Each looks at a bounded number of characters, or goes on from where it began
 * as far as the finding does, so that a text is gone through a bounded number of times.
 * @param text characters up to U+00FF
 * @returns where the finding begins and ends, or undefined
 */
export type Check = (text: string, start: number, end: number) => Span | undefined;

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A word, in lower case, and what has to stand around it; the word alone is enough where there is no check. */
export interface Trigger {
  readonly rule: string;
  readonly word: string;
  readonly check: Check | undefined;
}

/** Characters before a word that are looked at. */
const lookBack = 300;

/** The expression must be sticky; it is tried where the word begins. */
function here(expression: RegExp): Check {
  return (text, start) => {
    const to = endOf(expression, text, start);
    return to < 0 ? undefined : { from: start, to };
  };
}

function endOf(expression: RegExp, text: string, at: number): number {
  expression.lastIndex = at;
  return expression.test(text) ? expression.lastIndex : -1;
}

/** A line of a stack trace: `at ` before the word in the same line, and the expression behind it. */
function frame(behind: RegExp): Check {
  return (text, start, end) => {
    const to = endOf(behind, text, end);
    if (to < 0) return undefined;
    const before = text.slice(Math.max(0, start - lookBack), start);
    const at = before.lastIndexOf('at ');
    if (at < 0 || before.includes('\n', at) || (at > 0 && isWord(before.charCodeAt(at - 1))))
      return undefined;
    return { from: start - before.length + at, to };
  };
}

/** The word, with neither letter, digit nor underscore before it, and the expression from its beginning on. */
function whole(expression: RegExp): Check {
  const check = here(expression);
  return (text, start, end) =>
    start > 0 && isWord(text.charCodeAt(start - 1)) ? undefined : check(text, start, end);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isWord(code: number): boolean {
  return isDigit(code) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || code === 0x5f;
}

const lineNumber = /\d+\)/y;
const lineAndColumn = /\d+:\d+/y;
const nothing = /(?:)/y;

const stackTraces: readonly (readonly [word: string, check?: Check])[] = [
  // Java and its kin: at com.example.Shop.order(Shop.java:12)
  ['.java:', frame(lineNumber)],
  ['.kt:', frame(lineNumber)],
  ['.scala:', frame(lineNumber)],
  ['(native method)', frame(nothing)],
  ['(unknown source)', frame(nothing)],
  // Node: at order (/app/shop.js:12:5)
  ['.js:', frame(lineAndColumn)],
  ['.mjs:', frame(lineAndColumn)],
  ['.cjs:', frame(lineAndColumn)],
  ['.ts:', frame(lineAndColumn)],
  ['node:internal/', frame(nothing)],
  // Python
  ['traceback (most recent call last)'],
  ['", line ', pythonFrame],
  // .NET: at Shop.Orders.Place(Order order) in C:\shop\Orders.cs:line 12
  ['.cs:line ', here(/\.cs:line \d/iy)],
  ['.vb:line ', here(/\.vb:line \d/iy)],
  ['at system.', whole(/at System\.[\w.`<>+[\],]{1,200}\(/y)],
  ['at microsoft.', whole(/at Microsoft\.[\w.`<>+[\],]{1,200}\(/y)],
  // PHP
  ['stack trace:', here(/stack trace:[\s\\nr]{1,8}#0 /iy)],
  ['php fatal error'],
  ['fatal error</b>:'],
  ['.php</b> on line <b>'],
  ['.php on line ', here(/\.php on line \d/iy)],
  ['.php(', here(/\.php\(\d{1,7}\): /iy)],
  // Ruby: app/shop.rb:12:in `order'
  ['.rb:', here(/\.rb:\d{1,7}:in [`']/iy)],
  // Go and Rust
  ['goroutine ', whole(/goroutine \d{1,10} \[[a-z ]/iy)],
  ['.go:', here(/\.go:\d{1,7} \+0x[0-9a-f]/iy)],
  ["' panicked at "],
];

/** File "/app/shop.py", line 12, in order */
function pythonFrame(text: string, start: number, end: number): Span | undefined {
  const to = endOf(/\d{1,7}, in [\w<]/y, text, end);
  if (to < 0) return undefined;
  const before = text.slice(Math.max(0, start - lookBack), start);
  const at = before.lastIndexOf('File "');
  return at < 0 ? undefined : { from: start - before.length + at, to };
}

/** Duplicate entry 'ann@example.com' for key 'customers.email' */
function duplicateEntry(text: string, start: number, end: number): Span | undefined {
  const key = text.slice(end, end + lookBack).indexOf("' for key '");
  return key < 0 ? undefined : { from: start, to: end + key };
}

const sqlErrors: typeof stackTraces = [
  // MySQL and MariaDB
  ['you have an error in your sql syntax'],
  ['that corresponds to your mysql server version'],
  ['that corresponds to your mariadb server version'],
  ["duplicate entry '", duplicateEntry],
  ["unknown column '", here(/unknown column '[^'\n]{1,200}' in '/iy)],
  ['er_parse_error'],
  ['er_dup_entry'],
  ['er_bad_field_error'],
  ['er_no_such_table'],
  ['com.mysql.'],
  ['sqlstate[', here(/sqlstate\[[0-9a-z]{5}\]/iy)],
  // PostgreSQL
  ['syntax error at or near "'],
  ['unterminated quoted string at or near'],
  ['duplicate key value violates unique constraint'],
  ['violates foreign key constraint'],
  ['violates not-null constraint'],
  ['violates check constraint'],
  ['relation "', here(/relation "[^"\n]{1,200}" does not exist/iy)],
  ['column "', here(/column "[^"\n]{1,200}" (?:does not exist|of relation)/iy)],
  ['org.postgresql.'],
  ['psqlexception'],
  // SQLite
  ['sqlite_error'],
  ['sqlite_constraint'],
  ['sqlite3.operationalerror'],
  ['sqlite3.integrityerror'],
  ['unique constraint failed: '],
  ['no such table: '],
  ['near "', here(/near "[^"\n]{0,100}": syntax error/iy)],
  // Oracle
  ['ora-', whole(/ora-\d{5}(?!\d)/iy)],
  ['oracle.jdbc.'],
  // SQL Server
  ['unclosed quotation mark after the character string'],
  ['incorrect syntax near '],
  ['violation of primary key constraint'],
  ['violation of unique key constraint'],
  ['conversion failed when converting the '],
  ['microsoft ole db provider for'],
  ['sqlexception'],
];

/** To the end of the characters that a PEM file (RFC 7468) has: its encapsulated text and its last line are of them. */
const pem = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\w+/=\s\\:,.()-]*/iy;
const privateKeys: typeof stackTraces = [
  ['-----begin ', here(pem)],
  ['putty-user-key-file-', here(/putty-user-key-file-\d:[\w+/=\s\\:,.()-]*/iy)],
];

const jwt = /eyJ[\w-]{8,}\.[\w-]*\.[\w-]+(?:\.[\w-]+\.[\w-]+)?/y;
const tokens: typeof stackTraces = [
  ['eyj', afterNoToken(jwt)],
  ['akia', whole(/AKIA[A-Z0-9]{16}(?!\w)/y)],
  ['asia', whole(/ASIA[A-Z0-9]{16}(?!\w)/y)],
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map(
    (word) => [word, whole(/gh[pousr]_[A-Za-z0-9]{36,255}(?!\w)/y)] as const,
  ),
  ['github_pat_', whole(/github_pat_\w{22,255}/y)],
  ['glpat-', whole(/glpat-[\w-]{20,255}/y)],
  ['xox', whole(/xox[abeoprs]-[\w-]{10,255}/y)],
  ['sk_live_', whole(/sk_live_[A-Za-z0-9]{16,255}/y)],
  ['rk_live_', whole(/rk_live_[A-Za-z0-9]{16,255}/y)],
  ['whsec_', whole(/whsec_[A-Za-z0-9+/=]{24,255}/y)],
  ['aiza', whole(/AIza[\w-]{35}(?![\w-])/y)],
  ['npm_', whole(/npm_[A-Za-z0-9]{36}(?!\w)/y)],
  ['pck_', ownKey],
];

/** Three parts of base64url, or five; the second part of one begins like the first. */
function afterNoToken(expression: RegExp): Check {
  const check = whole(expression);
  return (text, start, end) => {
    const before = start > 0 ? text.charCodeAt(start - 1) : 0;
    return before === 0x2d || before === 0x2e ? undefined : check(text, start, end);
  };
}

/** A key of this gateway, by its checksum. */
function ownKey(text: string, start: number): Span | undefined {
  const to = endOf(/pck_[0-9A-Za-z]{28}(?!\w)/y, text, start);
  return to < 0 || !looksLikeKey(text.slice(start, to)) ? undefined : { from: start, to };
}

const octet = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
/** Not a part of a longer number with points, nor of a version such as 10.0.0.1-beta. */
const addressEnd = '(?!\\w|\\.\\d|-[A-Za-z])';
const v4 = new RegExp(
  `(?:10\\.${octet}|127\\.${octet}|192\\.168|169\\.254|172\\.(?:1[6-9]|2\\d|3[01]))\\.${octet}\\.${octet}${addressEnd}`,
  'y',
);
const v6End = '(?![\\w:])';
const internalAddresses: typeof stackTraces = [
  ...['10.', '127.', '192.168.', '169.254.', '172.'].map((word) => [word, address4] as const),
  ['::1', v6(new RegExp(`::1${v6End}`, 'y'))],
  ['fe80:', v6(new RegExp(`fe80:[0-9a-f:]{1,35}(?:%\\w{1,16})?${v6End}`, 'iy'))],
  ...[...'0123456789abcdef'].flatMap((digit) =>
    ['fc', 'fd'].map(
      (range) =>
        [
          range + digit,
          v6(new RegExp(`f[cd][0-9a-f]{2}:(?=[0-9a-f]{0,4}:)[0-9a-f:]{1,35}${v6End}`, 'iy')),
        ] as const,
    ),
  ),
  ['localhost', hostAt(/localhost(?![\w-]|\.\w)/iy)],
  ['.internal', hostName(/\.internal(?![\w-]|\.\w)/iy)],
  ['.local', hostName(/\.local(?![\w-]|\.\w)/iy)],
];

/** RFC 1918, RFC 1122 and RFC 3927; 169.254.169.254 is where clouds keep the credentials of a machine. */
function address4(text: string, start: number, end: number): Span | undefined {
  if (start > 0) {
    const before = text.charCodeAt(start - 1);
    if (isWord(before) || before === 0x2e) return undefined;
    // A product and its version, `Chrome/127.0.0.0`.
    if (before === 0x2f && start > 1 && isWord(text.charCodeAt(start - 2))) return undefined;
  }
  // Most often it is the price of something, 10.50.
  let at = end;
  while (at < end + 3 && isDigit(text.charCodeAt(at))) at++;
  if (text.charCodeAt(at) !== 0x2e) return undefined;
  const to = endOf(v4, text, start);
  if (to < 0) return undefined;
  const isVersion = /(?:version|build|release)["'=:\s]{1,5}$/i.test(
    text.slice(Math.max(0, start - 16), start),
  );
  return isVersion ? undefined : { from: start, to };
}

function v6(expression: RegExp): Check {
  const check = whole(expression);
  return (text, start, end) =>
    start > 0 && text.charCodeAt(start - 1) === 0x3a ? undefined : check(text, start, end);
}

function hostAt(expression: RegExp): Check {
  const check = whole(expression);
  return (text, start, end) => {
    const before = start > 0 ? text.charCodeAt(start - 1) : 0;
    return before === 0x2e || before === 0x2d ? undefined : check(text, start, end);
  };
}

/** A host name (RFC 1123 section 2.1) that ends in the word. */
function hostName(expression: RegExp): Check {
  return (text, start) => {
    const to = endOf(expression, text, start);
    if (to < 0) return undefined;
    let from = start;
    while (from > start - 253 && from > 0 && isHost(text.charCodeAt(from - 1))) from--;
    return from === start ? undefined : { from, to };
  };
}

function isHost(code: number): boolean {
  return isWord(code) || code === 0x2d || code === 0x2e;
}

const byRule: readonly (readonly [RuleName, typeof stackTraces])[] = [
  ['stack-trace', stackTraces],
  ['sql-error', sqlErrors],
  ['private-key', privateKeys],
  ['token', tokens],
  ['internal-address', internalAddresses],
];

/** What is searched for; `card-number` is found by its digits (card-numbers.ts). */
export const triggers: readonly Trigger[] = byRule.flatMap(([rule, list]) =>
  list.map(([word, check]) => ({ rule, word, check })),
);
