const lf = 0x0a;
const cr = 0x0d;
const recordSeparator = 0x1e;

export type LinesReason = 'too-many' | 'too-long' | 'empty' | 'no-separator' | 'truncated';

export interface LinesFault {
  readonly kind: 'fault';
  readonly reason: LinesReason;
  /** Of the line, from 0. */
  readonly index: number;
}

export interface LineLimits {
  readonly lines: number;
  /** Bytes of one line. */
  readonly length: number;
}

/** Where each text begins and ends, by turns. */
export type Spans = readonly number[];

/**
 * Parts newline-delimited JSON (application/x-ndjson, application/jsonl) into its lines: each ends with LF, or CRLF; the
 * last may do without. An empty line is refused: some readers skip it, some stop there.
 *
 * Linear, never throws. Tell the outcomes apart with `'kind' in result`.
 */
export function splitLines(bytes: Buffer, limits: LineLimits): Spans | LinesFault {
  const spans: number[] = [];
  for (let from = 0; from < bytes.length; ) {
    const found = bytes.indexOf(lf, from);
    const next = found < 0 ? bytes.length : found;
    const to = next > from && bytes[next - 1] === cr ? next - 1 : next;
    const fault = added(spans, from, to, limits);
    if (fault !== undefined) return fault;
    from = next + 1;
  }
  return spans;
}

/**
 * Parts a JSON text sequence (application/json-seq, RFC 7464): each text has a record separator before it and a line
 * feed behind it, without which a text may be cut off (section 2.4).
 */
export function splitSequence(bytes: Buffer, limits: LineLimits): Spans | LinesFault {
  const spans: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== recordSeparator)
      return { kind: 'fault', reason: 'no-separator', index: spans.length / 2 };
    const found = bytes.indexOf(recordSeparator, at + 1);
    const next = found < 0 ? bytes.length : found;
    if (next > at + 1 && bytes[next - 1] !== lf)
      return { kind: 'fault', reason: 'truncated', index: spans.length / 2 };
    const fault = added(spans, at + 1, next - 1, limits);
    if (fault !== undefined) return fault;
    at = next;
  }
  return spans;
}

function added(spans: number[], from: number, to: number, limits: LineLimits): LinesFault | undefined {
  const index = spans.length / 2;
  if (to <= from) return { kind: 'fault', reason: 'empty', index };
  if (to - from > limits.length) return { kind: 'fault', reason: 'too-long', index };
  if (index === limits.lines) return { kind: 'fault', reason: 'too-many', index };
  spans.push(from, to);
  return undefined;
}

/** For each reason, what the caller has to change. */
export const linesReasons: Readonly<Record<LinesReason, string>> = {
  'too-many': 'The body has too many lines.',
  'too-long': 'A line is too long.',
  empty: 'No line may be empty.',
  'no-separator': 'Each JSON text must have a record separator before it.',
  truncated: 'Each JSON text must have a line feed behind it.',
};
