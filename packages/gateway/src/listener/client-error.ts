import { STATUS_CODES } from 'node:http';
import { refuse } from '../exchange.ts';
import { newRequestId } from '../http/request-id.ts';
import { catalogue, type ProblemName } from '../problems/catalogue.ts';
import { problemDocument } from '../problems/document.ts';
import type { Connection } from './connections.ts';
import { closeGently } from './lingering.ts';
import type { StallWatch } from './stall-watch.ts';

/** What Node's parser says, as a problem of the catalogue. Everything else it can say is malformed HTTP. */
function problemFor(code: string | undefined): ProblemName | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') return 'fields-too-large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'header-timeout';
  if (code?.startsWith('HPE_') === true) return 'malformed-request';
  return undefined;
}

/**
 * Answers bytes that never became a request, and closes. Replies that are due to requests before them go first, and
 * nothing that follows is looked at.
 * @returns the status that was sent, 0 where none could be; undefined when the connection is about to end anyway
 */
export function refuseUnparsed(
  code: string | undefined,
  connection: Connection,
  stalls: StallWatch,
): number | undefined {
  const { socket, last } = connection;
  const problem = problemFor(code);
  if (connection.closing && problem !== undefined) return undefined;
  // Bytes in between would be read as part of the reply that is under way.
  if (problem === undefined || !socket.writable || last?.replying === true) {
    connection.closing = true;
    socket.destroy();
    return 0;
  }
  if (last === undefined) {
    connection.closing = true;
    return send(problem, socket, stalls);
  }
  if (!last.receiving) {
    last.closeAfter();
    return 0;
  }
  last.bodyBroke(problem);
  return catalogue[problem].status;
}

function send(problem: ProblemName, socket: Connection['socket'], stalls: StallWatch): number {
  const { status } = catalogue[problem];
  const id = newRequestId();
  const body = problemDocument(refuse(problem), id);
  socket.write(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\n` +
      `x-request-id: ${id}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
  closeGently(socket, stalls);
  return status;
}
