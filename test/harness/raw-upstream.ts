import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Owner } from './owner.ts';

export interface RawUpstream {
  readonly port: number;
  readonly origin: string;
  /** Heads of the requests so far, as latin1. */
  readonly heads: readonly string[];
  readonly sockets: ReadonlySet<Socket>;
}

/** An upstream that answers with whatever bytes `serve` writes, upon each head (requests without a body). */
export async function startRawUpstream(
  owner: Owner,
  serve: (socket: Socket, head: string, count: number) => void,
): Promise<RawUpstream> {
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    // What a script writes shall not wait for the acknowledgement of what it wrote before.
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const head = text.slice(0, end);
        text = text.slice(end + 4);
        heads.push(head);
        serve(socket, head, heads.length);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  owner.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return { port, origin: `http://127.0.0.1:${port}`, heads, sockets };
}
