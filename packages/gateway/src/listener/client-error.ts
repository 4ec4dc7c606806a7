import { catalogue, type ProblemName } from '../problems/catalogue.ts';
import type { Connection } from './connections.ts';
import type { Inbound } from './inbound.ts';
import type { StallWatch } from './stall-watch.ts';
import { UnparsedInbound } from './unparsed.ts';

/** What Node's parser says, as a problem of the catalogue. Everything else it can say is malformed HTTP. */
function problemFor(code: string | undefined): ProblemName | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') return 'fields-too-large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'header-timeout';
  if (code?.startsWith('HPE_') === true) return 'malformed-request';
  return undefined;
}

/** Refuses, so that the refusal is counted and recorded like any other. */
export type RefuseUnparsed = (inbound: Inbound, problem: ProblemName, reason: string) => void;

/**
 * Answers bytes that never became a request, and closes. Replies that are due to requests before them go first, and
 * nothing that follows is looked at.
 * @returns the status that was sent, 0 where none could be; undefined when the connection is about to end anyway
 */
export function refuseUnparsed(
  code: string | undefined,
  connection: Connection,
  stalls: StallWatch,
  refuseWith: RefuseUnparsed,
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
    refuseWith(new UnparsedInbound(connection, stalls), problem, code ?? 'UNKNOWN');
    return catalogue[problem].status;
  }
  if (!last.receiving) {
    last.closeAfter();
    return 0;
  }
  last.bodyBroke(problem);
  return catalogue[problem].status;
}
