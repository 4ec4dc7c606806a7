import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** A test in the format of go-ftw, as CRS 3 and CRS 4 write it: requests, and which rules are to match them or not. */
export interface FtwTest {
  readonly id: string;
  readonly stages: readonly FtwStage[];
}

export interface FtwStage {
  /** The bytes to send, as latin1. */
  readonly request: string;
  readonly expected: FtwExpectation;
}

export interface FtwExpectation {
  readonly matching: readonly number[];
  readonly notMatching: readonly number[];
  /** One of these; empty for any. */
  readonly statuses: readonly number[];
  /** The connection may end without a reply. */
  readonly error: boolean;
}

interface Written {
  readonly tests: readonly {
    readonly test_title?: string;
    readonly test_id?: number;
    readonly stages: readonly (WrittenStage | { readonly stage: WrittenStage })[];
  }[];
  readonly rule_id?: number;
}

interface WrittenStage {
  readonly input: Input;
  readonly output: Output;
}

interface Input {
  readonly method?: string;
  readonly uri?: string;
  readonly version?: string;
  readonly headers?: Readonly<Record<string, unknown>> | null;
  readonly data?: unknown;
  readonly stop_magic?: boolean;
  readonly autocomplete_headers?: boolean;
  readonly encoded_request?: string;
  readonly raw_request?: string;
}

interface Output {
  readonly log_contains?: string;
  readonly no_log_contains?: string;
  readonly status?: number | readonly number[];
  readonly expect_error?: boolean;
  readonly log?: { readonly expect_ids?: readonly number[]; readonly no_expect_ids?: readonly number[] };
}

export function readTests(file: string): readonly FtwTest[] {
  const written = parse(readFileSync(file, 'utf8'), { uniqueKeys: false }) as Written;
  return written.tests.map(({ test_title: title, test_id: number, stages }, index) => ({
    id: title ?? `${written.rule_id ?? ''}-${number ?? index + 1}`,
    stages: stages.map((each) => {
      const { input, output } = 'stage' in each ? each.stage : each;
      return { request: requestOf(input), expected: expectationOf(output) };
    }),
  }));
}

function expectationOf({
  log_contains,
  no_log_contains,
  status,
  expect_error,
  log = {},
}: Output): FtwExpectation {
  return {
    matching: [...idsIn(log_contains), ...(log.expect_ids ?? [])],
    notMatching: [...idsIn(no_log_contains), ...(log.no_expect_ids ?? [])],
    statuses: status === undefined ? [] : [status].flat(),
    error: expect_error === true,
  };
}

function idsIn(text = ''): readonly number[] {
  return [...text.matchAll(/id "([0-9]+)"/g)].map(([, id]) => Number(id));
}

/** What go-ftw completes is completed: Connection, and for a body its length and type. */
function requestOf(input: Input): string {
  const {
    method = 'GET',
    uri = '/',
    version = 'HTTP/1.1',
    encoded_request: encoded,
    raw_request: raw,
  } = input;
  if (encoded !== undefined && encoded !== '') return Buffer.from(encoded, 'base64').toString('latin1');
  if (raw !== undefined && raw !== '') return bytes(raw);
  const isCompleted = input.stop_magic !== true && input.autocomplete_headers !== false;
  const headers = Object.entries(input.headers ?? {}).map(([name, value]) => [name, String(value)] as const);
  const has = (wanted: string): boolean => headers.some(([name]) => name.toLowerCase() === wanted);
  let data =
    input.data === undefined || input.data === null ? '' : [input.data].flat().map(String).join('\r\n');
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  if (isCompleted) {
    if (data !== '' && !has('content-type')) lines.push('Content-Type: application/x-www-form-urlencoded');
    const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
    if (type === undefined || /^application\/x-www-form-urlencoded/i.test(type)) data = asForm(data);
    if (data !== '' && !has('content-length')) lines.push(`Content-Length: ${Buffer.byteLength(data)}`);
    if (!has('connection')) lines.push('Connection: close');
  }
  return bytes(
    `${method} ${uri} ${version}\r\n${lines.join('\r\n')}${lines.length > 0 ? '\r\n' : ''}\r\n${data}`,
  );
}

/** Encodes pairs that are not encoded yet. */
function asForm(data: string): string {
  if (!/^[^=]+=/.test(data) || /%[0-9a-f]{2}|\+/i.test(data)) return data;
  return data
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 0) return encode(pair);
      return `${encode(pair.slice(0, equals))}=${encode(pair.slice(equals + 1))}`;
    })
    .join('&');
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll('%20', '+');
}

function bytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}
