import type { Head } from '../../exchange.ts';
import type { Operation } from '../../routing/apis.ts';
import { compilePaths } from './paths.ts';
import { hidesSecret, isSensitiveName, plainText } from './sensitive.ts';

/** Characters of a query or path that are kept. */
const longest = 2048;
const mostPairs = 256;

/** What stands in the place of a secret. */
const hidden = '***';

export interface Redaction {
  /** @returns the query as it may be kept, or undefined where nothing of it is */
  readonly query: (query: string) => string | undefined;
  /** @returns the path as it may be kept */
  readonly path: (request: Pick<Head, 'path' | 'operation' | 'pathValues'>) => string;
  /** @returns the text, or `***` where a credential is in it */
  readonly text: (text: string) => string;
}

export interface RedactionSettings {
  readonly query: 'redacted' | 'names' | 'none';
  /** Names, in any case, whose values are hidden besides those that usually are secret. */
  readonly further: readonly string[];
  readonly basePath: string;
  readonly operations: readonly Operation[];
}

export function compileRedaction({ query, further, basePath, operations }: RedactionSettings): Redaction {
  const named = new Set(further.map((name) => name.toLowerCase()));
  const isHidden = rememberNames((plain) => named.has(plain.toLowerCase()) || isSensitiveName(plain));
  const paths = compilePaths(operations, basePath, isHidden);
  const text = (value: string): string => (hidesSecret(value) ? hidden : value);
  return {
    query: queryRedaction(query, isHidden),
    path: (request) => {
      const write = request.operation === undefined ? undefined : paths.get(request.operation);
      return cut(write === undefined ? redactSegments(request.path) : write(request.pathValues));
    },
    text,
  };
}

type IsHidden = (plainName: string) => boolean;

const mostNames = 1024;
const longestRemembered = 64;

/** Names repeat, and judging one costs more than looking it up. Clients choose them, so the memory is bounded. */
function rememberNames(judge: IsHidden): IsHidden {
  const judged = new Map<string, boolean>();
  return (name) => {
    const known = judged.get(name);
    if (known !== undefined) return known;
    const is = judge(name);
    if (judged.size < mostNames && name.length <= longestRemembered) judged.set(name, is);
    return is;
  };
}

function queryRedaction(how: RedactionSettings['query'], isHidden: IsHidden): Redaction['query'] {
  if (how === 'none') return () => undefined;
  if (how === 'names') return (query) => redactQuery(query, true, isHidden);
  return (query) => (isHarmless(query, isHidden) ? query : redactQuery(query, false, isHidden));
}

/** What a harmless query has not: encodings, pairs inside of values, and the beginnings of credentials. */
const careful = /[%+:;]|eyJ|pck_/;

/**
 * Whether redactQuery would leave the query as it is: names that are judged already, and values without structure. Told
 * by a third of the work, it spares most queries the rest; what cannot be told counts as not harmless.
 */
function isHarmless(query: string, isHidden: IsHidden): boolean {
  if (query === '' || query.length > longest || careful.test(query)) return false;
  let pairs = 0;
  for (let start = 0; start < query.length; pairs++) {
    const found = query.indexOf('&', start);
    const end = found < 0 ? query.length : found;
    const equals = query.indexOf('=', start);
    if (equals >= 0 && equals < end) {
      if (isHidden(query.slice(start, equals))) return false;
      const second = query.indexOf('=', equals + 1);
      if (second >= 0 && second < end) return false;
    }
    start = end + 1;
  }
  return pairs < mostPairs;
}

function redactQuery(query: string, namesOnly: boolean, isHidden: IsHidden): string | undefined {
  if (query === '') return undefined;
  // A cut value would still be a part of a secret, so that each pair is judged before anything is cut.
  let kept = '';
  const pairs = query.split('&', mostPairs + 1);
  for (let i = 0; i < pairs.length; i++) {
    if (i === mostPairs || kept.length > longest) return `${kept.slice(0, longest)}...`;
    kept += (i === 0 ? '' : '&') + redactPair(pairs[i]!, namesOnly, isHidden);
  }
  return cut(kept);
}

function redactPair(pair: string, namesOnly: boolean, isHidden: IsHidden): string {
  const equals = pair.indexOf('=');
  if (equals < 0) return carriesSecret(plainText(pair), isHidden) ? hidden : pair;
  const name = pair.slice(0, equals);
  const plainName = plainText(name);
  if (carriesSecret(plainName, isHidden)) return `${hidden}=${hidden}`;
  if (namesOnly || isHidden(plainName) || carriesSecret(plainText(pair.slice(equals + 1)), isHidden)) {
    return `${name}=${hidden}`;
  }
  return pair;
}

/** Names inside of a value: `redirect=https://…?token=…`, `filter={"password":…}`, and pairs that are parted by `;`. */
function carriesSecret(plain: string, isHidden: IsHidden): boolean {
  if (hidesSecret(plain)) return true;
  if (!structured.test(plain)) return false;
  return plain.split(separators, 65).some((name, i) => i === 64 || isHidden(name));
}

const structured = /[=:]/;
const separators = /[=:;,&?#{}"'/\s]+/;

function redactSegments(path: string): string {
  if (!hidesSecret(path)) return path;
  return path
    .split('/', mostPairs)
    .map((segment) => (hidesSecret(segment) ? hidden : segment))
    .join('/');
}

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}...` : text;
}
