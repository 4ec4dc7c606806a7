import { JsonFault, parseJson } from '../../http/json.ts';
import { parseQuery, queryReasons } from '../../http/query.ts';
import { isJsonObject } from '../../openapi/json-value.ts';
import type { Variables } from './cost.ts';
import { beyond, invalid } from './fault.ts';
import { withoutPrefix } from './persisted.ts';

/** One operation as a request asks for it. */
export interface Asked {
  readonly text: string | undefined;
  /** Of a persisted operation, without `sha256:`. */
  readonly id: string | undefined;
  /** The id is the SHA-256 hash of the text. */
  readonly isHash: boolean;
  readonly operationName: string | undefined;
  readonly variables: Variables;
  /** What of `extensions` is not about persisted operations. */
  readonly extensions: Readonly<Record<string, unknown>>;
}

export interface AskedOptions {
  /** Members of `extensions` that pass. */
  readonly extensions: ReadonlySet<string>;
  /** Parameters of the query that pass and are not looked at. */
  readonly queryParameters: ReadonlySet<string>;
}

/** Longer names of operations, and ids, are no use to anybody. */
const longestName = 256;

const members: ReadonlySet<string> = new Set([
  'query',
  'operationName',
  'variables',
  'extensions',
  'id',
  'documentId',
]);

/**
 * Reads one operation of a JSON body. Members that it does not know are refused: the service might.
 * @throws GraphqlFault
 */
export function readAsked(value: unknown, options: AskedOptions): Asked {
  if (!isJsonObject(value)) throw invalid('type', 'is no object', '');
  for (const name of Object.keys(value))
    if (!members.has(name)) throw invalid('unknown', 'has a member that it does not take', '');
  return readMembers(value, options);
}

/** More than a GET has use for. */
const mostParameters = 32;

/**
 * Reads the operation of a GET. Names are taken to the letter, once.
 * @param query without the question mark
 * @throws GraphqlFault
 */
export function readQuery(query: string, options: AskedOptions): Asked {
  const found: Record<string, unknown> = Object.create(null);
  for (const [name, value] of pairsOf(query)) {
    if (options.queryParameters.has(name)) continue;
    if (!members.has(name)) throw invalid('unknown', 'is no parameter of GraphQL', `/${name}`);
    if (Object.hasOwn(found, name)) throw invalid('duplicate', 'is there twice', `/${name}`);
    found[name] = name === 'variables' || name === 'extensions' ? jsonOf(name, value) : value;
  }
  return readMembers(found, options);
}

/**
 * A POST says nothing in its query: some services let `query` there win over the body.
 * @throws GraphqlFault
 */
export function expectNoQuery(query: string, { queryParameters }: AskedOptions): void {
  if (query === '') return;
  for (const [name] of pairsOf(query))
    if (!queryParameters.has(name)) throw invalid('unknown', 'may not be in the query of a POST', `/${name}`);
}

function pairsOf(query: string): readonly [name: string, value: string][] {
  const pairs = parseQuery(query, mostParameters);
  if ('kind' in pairs) throw invalid('syntax', queryReasons[pairs.reason], '');
  return pairs;
}

function jsonOf(name: string, text: string): unknown {
  try {
    return parseJson(Buffer.from(text));
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    throw invalid('syntax', 'is not valid JSON', `/${name}`);
  }
}

function readMembers(value: Readonly<Record<string, unknown>>, options: AskedOptions): Asked {
  const text = textOf(value, 'query', Number.POSITIVE_INFINITY);
  const operationName = textOf(value, 'operationName', longestName);
  const variables = objectOf(value, 'variables');
  const { persistedQuery, ...extensions } = objectOf(value, 'extensions');
  for (const name of Object.keys(extensions))
    if (!options.extensions.has(name))
      throw invalid('unknown', 'has a member that it does not take', '/extensions');
  const hash = hashOf(persistedQuery);
  const ids = [hash, textOf(value, 'id', longestName), textOf(value, 'documentId', longestName)]
    .filter((each) => each !== undefined)
    .map(withoutPrefix);
  const [id] = ids;
  if (ids.some((each) => each !== id)) throw invalid('id', 'names two operations', '');
  if (text === undefined && id === undefined) throw invalid('required', 'is missing');
  return {
    text,
    id,
    isHash: id !== undefined && /^[0-9a-f]{64}$/.test(id),
    operationName,
    variables,
    extensions,
  };
}

function textOf(value: Readonly<Record<string, unknown>>, name: string, longest: number): string | undefined {
  const text = value[name];
  if (text === undefined || text === null) return undefined;
  if (typeof text !== 'string') throw invalid('type', 'is no string', `/${name}`);
  if (text.length > longest) throw beyond('length', longest, text.length, `/${name}`);
  return text;
}

function objectOf(value: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  const object = value[name];
  if (object === undefined || object === null) return {};
  if (!isJsonObject(object)) throw invalid('type', 'is no object', `/${name}`);
  return object;
}

/** `{"version": 1, "sha256Hash": "…"}`, as the clients of Apollo send it. */
function hashOf(persistedQuery: unknown): string | undefined {
  if (persistedQuery === undefined) return undefined;
  const pointer = '/extensions/persistedQuery';
  if (!isJsonObject(persistedQuery)) throw invalid('type', 'is no object', pointer);
  const { version, sha256Hash, ...others } = persistedQuery;
  if (Object.keys(others).length > 0 || (version !== undefined && version !== 1))
    throw invalid('unknown', 'takes version 1 and sha256Hash', pointer);
  if (typeof sha256Hash !== 'string' || !/^[0-9a-f]{64}$/.test(sha256Hash))
    throw invalid('type', 'has no SHA-256 hash in hexadecimal digits', pointer);
  return sha256Hash;
}
