import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import { catalogue, type ProblemName } from '../problems/catalogue.ts';
import { problemDocument } from '../problems/document.ts';
import { newRequestId } from '../http/request-id.ts';
import { refuse } from '../exchange.ts';

/** What Node's parser says, as a problem of the catalogue. Everything else it can say is malformed HTTP. */
function problemFor(code: string | undefined): ProblemName | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') return 'fields-too-large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'header-timeout';
  if (code?.startsWith('HPE_') === true) return 'malformed-request';
  return undefined;
}

/**
 * Answers bytes that never became a request, and closes.
 * @returns the status that was sent, 0 where the connection had failed by itself
 */
export function refuseUnparsed(code: string | undefined, socket: Socket): number {
  const problem = problemFor(code);
  // A reply may be under way on the connection: bytes in between would be read as part of it.
  const busy = (socket as Socket & { _httpMessage?: { headersSent: boolean } | null })._httpMessage?.headersSent === true;
  if (problem === undefined || !socket.writable || busy) {
    socket.destroy();
    return 0;
  }
  const { status } = catalogue[problem];
  const id = newRequestId();
  const body = problemDocument(refuse(problem), id);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\n` +
      `x-request-id: ${id}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
  return status;
}
