import type { Socket } from 'node:net';
import type { StallWatch, Watched } from './stall-watch.ts';

/** Milliseconds for which the rest of what the client sends is read and thrown away. */
const lingering = 2_000;

/**
 * Ends a connection whose client may still be sending. Closed at once, the kernel answers what arrives with a reset,
 * upon which the client loses the reply that it has not read yet (RFC 9112 section 9.6): so first our half is closed,
 * and the rest later, at the latest two seconds after the last byte of the reply was taken in.
 * @param unreadTimeout milliseconds for which nothing of the reply may be taken in
 */
export function closeGently(socket: Socket, stalls: StallWatch, unreadTimeout: number): void {
  if (socket.destroyed) return;
  const rest = new Rest(socket, unreadTimeout);
  stalls.add(rest);
  socket.once('close', () => stalls.remove(rest));
  if (socket.writable) socket.end();
  socket.resume();
}

/** What goes on is the reply on its way out; however much the client sends, its time is the same. */
class Rest implements Watched {
  readonly minimumRate = 0;
  readonly #socket: Socket;
  readonly #unreadTimeout: number;

  constructor(socket: Socket, unreadTimeout: number) {
    this.#socket = socket;
    this.#unreadTimeout = unreadTimeout;
  }

  get received(): number {
    return -this.#socket.writableLength;
  }

  get timeout(): number {
    return this.#socket.writableLength > 0 ? this.#unreadTimeout : lingering;
  }

  stalled(): void {
    this.#socket.destroy();
  }
}
