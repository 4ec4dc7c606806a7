import { METHODS } from 'node:http';
import { isValue, lineEnd, readContentLength, readFieldLines } from '../../http/field-lines.ts';
import { Malformed } from '../../http/malformed.ts';

/** What the head of a request says (RFC 9112 section 3), before anybody judged it. */
export interface RequestHead {
  readonly method: string;
  /** As it stood on the wire. */
  readonly target: string;
  /** `1.1`, or whatever else follows `HTTP/`. */
  readonly httpVersion: string;
  /** Name and value by turns, as they arrived. */
  readonly rawFields: readonly string[];
  /** Bytes of content that follow. */
  readonly content: number | 'chunked';
  /** The connection may carry another request after this one (RFC 9112 section 9.3). */
  readonly persistent: boolean;
  /** The client waits to be told to send the content (RFC 9110 section 10.1.1). */
  readonly expectsContinue: boolean;
  readonly upgrade: 'websocket' | undefined;
}

const methods: ReadonlySet<string> = new Set(METHODS);

/** In this case only; which versions are served is for the pipeline to say. */
const version = /^HTTP\/\d\.\d$/;

const lf = 0x0a;

/**
 * Reads a head: one space between the three parts of its first line, and lines that are fields. Whether there are two
 * framings, or two hosts, is for the pipeline to see (intake.ts), which can refuse such a request by name.
 * @param bytes with the first line at `from`, and the end of the last field, before its line break, at `end`
 * @throws Malformed
 */
export function readRequestHead(bytes: Buffer, from: number, end: number): RequestHead {
  const firstEnd = lineEnd(bytes, from, end);
  const text = bytes.toString('latin1', from, firstEnd);
  const methodEnd = text.indexOf(' ');
  const targetEnd = text.lastIndexOf(' ');
  if (methodEnd <= 0 || targetEnd <= methodEnd + 1 || !isValue(bytes, from, firstEnd))
    throw new Malformed('REQUEST_LINE');
  const method = text.slice(0, methodEnd);
  if (!methods.has(method)) throw new Malformed('METHOD');
  const protocol = text.slice(targetEnd + 1);
  if (protocol !== 'HTTP/1.1' && !version.test(protocol)) throw new Malformed('REQUEST_LINE');
  const httpVersion = protocol.slice(5);
  const rawFields: string[] = [];
  if (firstEnd < end) {
    if (bytes[firstEnd + 1] !== lf) throw new Malformed('REQUEST_LINE');
    const fieldsAt = firstEnd + 2;
    readFieldLines(bytes, fieldsAt, end, bytes.toString('latin1', fieldsAt, end), rawFields);
  }

  let content: RequestHead['content'] = 0;
  let connection = '';
  let expectation: string | undefined;
  let protocolWanted: string | undefined;
  for (let i = 0; i < rawFields.length; i += 2) {
    const name = rawFields[i]!;
    switch (name.length) {
      case 14:
        if (content !== 'chunked' && name.toLowerCase() === 'content-length')
          content = readContentLength(rawFields[i + 1]!);
        break;
      case 17:
        // One that is not chunked is refused before a byte of content is looked at.
        if (name.toLowerCase() === 'transfer-encoding') content = 'chunked';
        break;
      case 10:
        if (name.toLowerCase() === 'connection') connection += `${rawFields[i + 1]!},`;
        break;
      case 7:
        if (name.toLowerCase() === 'upgrade') protocolWanted = rawFields[i + 1]!;
        break;
      case 6:
        if (name.toLowerCase() === 'expect') expectation = rawFields[i + 1]!;
        break;
    }
  }
  const options = connection === '' ? none : connection.toLowerCase().split(',').map(trimmed);
  const isCurrent = httpVersion === '1.1';
  return {
    method,
    target: text.slice(methodEnd + 1, targetEnd),
    httpVersion,
    rawFields,
    content,
    persistent: !options.includes('close') && (isCurrent || options.includes('keep-alive')),
    expectsContinue: isCurrent && expectation?.toLowerCase() === '100-continue',
    // Behind content there is nothing to take over, and two readers may differ on where it ends. Any other protocol
    // that is offered is not taken up, and the request goes on as it is (RFC 9110 section 7.8).
    upgrade:
      protocolWanted?.toLowerCase() === 'websocket' &&
      isCurrent &&
      method === 'GET' &&
      content === 0 &&
      options.includes('upgrade')
        ? 'websocket'
        : undefined,
  };
}

const none: readonly string[] = Object.freeze([]);

function trimmed(option: string): string {
  return option.trim();
}
