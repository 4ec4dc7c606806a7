import { isDeepStrictEqual } from 'node:util';

/** What a lenient service makes of what it is sent: each habit is one of a framework in use. */

export type Query = Readonly<Record<string, unknown>>;

/**
 * Pieces end at `&` and `;`; names are the same in any case; a name that is there twice is a list; `a[]` is one and `a[b]` an
 * object (PHP, qs, Rack, ASP.NET).
 */
export function readQuery(query: string): Query {
  const read: Record<string, unknown> = {};
  for (const piece of query.split(/[&;]/)) {
    const equals = piece.indexOf('=');
    const text = unescaped(equals < 0 ? '' : piece.slice(equals + 1));
    const match = /^([^[]*)(?:\[(.*)\])?$/.exec(unescaped(equals < 0 ? piece : piece.slice(0, equals)));
    const name = match?.[1]?.trim().toLowerCase() ?? '';
    const inner = match?.[2];
    if (name === '') continue;
    if (inner !== undefined && inner !== '') read[name] = { ...(read[name] as object), [inner]: text };
    else if (inner === '' || read[name] !== undefined) read[name] = [read[name] ?? [], text].flat();
    else read[name] = text;
  }
  return read;
}

function unescaped(text: string): string {
  // A slash in two bytes, as decoders before RFC 3629 took it.
  return unescape(text.replaceAll('+', ' ')).replaceAll('\xc0\xaf', '/');
}

/** JSON if it looks like that, in whatever charset it says or is; else a form. */
export function decodedBody(bytes: Buffer, contentType: string): unknown {
  const text = decodedText(bytes, contentType);
  if (/^[[{]/.test(text)) return JSON.parse(withoutComments(text)) as unknown;
  return readQuery(text);
}

/** @param label what may name a charset: a Content-Type, or the beginning of a document */
export function decodedText(bytes: Buffer, label: string): string {
  const isBig = bytes[0] === 0xfe || bytes[0] === 0;
  const isWide = isBig || bytes[0] === 0xff || /charset=utf-?16/i.test(label);
  const plain = isWide ? (isBig ? Buffer.from(bytes).swap16() : bytes).toString('utf16le') : bytes.toString();
  return (/(?:charset|encoding)="?utf-?7/i.test(label) ? fromUtf7(plain) : plain)
    .replace(/^\ufeff/, '')
    .trim();
}

export function fromUtf7(text: string): string {
  return text.replace(/\+([A-Za-z0-9/]*)-/g, (_, written: string) =>
    Buffer.from(written, 'base64').swap16().toString('utf16le'),
  );
}

function withoutComments(text: string): string {
  return text.replace(/\/\*.*?\*\//g, '').replace(/,\s*([\]}])/g, '$1');
}

/** Whatever it is sent goes into what there is, whatever the case of its name, which ends at NUL; a prototype is there too. */
export function merged(into: object, sent: unknown): void {
  const target = into as Record<string, unknown>;
  for (const [sentName, value] of Object.entries((sent ?? {}) as object)) {
    const name = sentName.split('\0', 1)[0]!;
    const known =
      name in target
        ? name
        : (Object.keys(target).find((each) => each.toLowerCase() === name.toLowerCase()) ?? name);
    const before = target[known];
    const isInside = (typeof before === 'object' && before !== null) || typeof before === 'function';
    if (typeof value === 'object' && value !== null && isInside) merged(before, value);
    else target[known] = value;
  }
}

const users: readonly Query[] = [
  { id: 1, user: 'admin', password: 'correct horse' },
  { id: 2, user: 'alice', password: 'battery staple' },
];

/** The last of a name counts, whichever mark it ends at, without its quotes (RFC 2109 and what came before). */
export function readCookies(field: string): Query {
  const cookies: Record<string, string> = {};
  for (const piece of field.split(/[;,]/)) {
    const [name = '', value = ''] = unescaped(piece).split('=', 2);
    cookies[name.trim().toLowerCase()] = value.trim().replaceAll('"', '');
  }
  return cookies;
}

/** A search as document databases have it: a list is any of its values, an object has operators; and `1 == "1"`. */
export function found(filter: Query): string {
  const matching = users.filter((user) =>
    Object.entries(filter).every(([name, wanted]) => isMet(user[name], wanted)),
  );
  return matching.map(({ user }) => user).join(', ');
}

function isMet(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) return wanted.some((each) => isMet(value, each));
  if (typeof wanted !== 'object' || wanted === null)
    // PHP before 8: `true` is any text, and 0 is any text without digits.
    return (
      wanted === true ||
      (wanted === 0 && Number.isNaN(Number(value))) ||
      value === wanted ||
      Number(value) === Number(wanted)
    );
  return Object.entries(wanted).every(([operator, than]) => {
    if (operator === '$gt') return String(value) > String(than);
    if (operator === '$ne') return !isDeepStrictEqual(value, than);
    if (operator === '$regex') return new RegExp(String(than)).test(String(value));
    return false;
  });
}

/** Comparisons that a table of chained buckets takes for the names of a document, by the hash that Java and others have. */
export function stepsOfTable(value: unknown): number {
  let steps = 0;
  const visit = (each: unknown): void => {
    if (typeof each !== 'object' || each === null) return;
    const buckets = new Map<number, number>();
    for (const [name, inner] of Object.entries(each)) {
      let hash = 0;
      for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) | 0;
      const length = buckets.get(hash) ?? 0;
      steps += length + 1;
      buckets.set(hash, length + 1);
      visit(inner);
    }
  };
  visit(value);
  return steps;
}
