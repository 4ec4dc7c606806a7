import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Owner } from './owner.ts';

export interface UpstreamUnderTest {
  readonly port: number;
  /** As a configuration names it among its targets. */
  readonly origin: string;
  readonly server: Server;
  /** The requests so far, in the order of their arrival. */
  readonly requests: readonly IncomingMessage[];
  readonly close: () => void;
}

/** An HTTP/1.1 server on a free port of the loopback; without a handler it answers 200 with `ok`. */
export async function startUpstream(
  owner: Owner,
  handler: RequestListener = (request, reply) => {
    request.resume();
    reply.end('ok');
  },
): Promise<UpstreamUnderTest> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, reply) => {
    requests.push(request);
    handler(request, reply);
  });
  const port = await listenOn(server, 0);
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  owner.after(close);
  return { port, origin: `http://127.0.0.1:${port}`, server, requests, close };
}

/** @returns the port */
export async function listenOn(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
