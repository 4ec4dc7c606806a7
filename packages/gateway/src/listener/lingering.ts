import type { Socket } from 'node:net';
import type { StallWatch, Watched } from './stall-watch.ts';

/** Milliseconds for which the rest of what the client sends is read and thrown away. */
const lingering = 2_000;

/**
 * Ends a connection whose client may still be sending. Closed at once, the kernel answers what arrives with a reset,
 * upon which the client loses the reply that it has not read yet (RFC 9112 section 9.6): so first our half is closed,
 * and the rest later, at the latest after two seconds.
 */
export function closeGently(socket: Socket, stalls: StallWatch): void {
  if (socket.destroyed) return;
  const rest = new Rest(socket);
  stalls.add(rest);
  socket.once('close', () => stalls.remove(rest));
  if (socket.writable) socket.end();
  socket.resume();
}

/** Receives nothing, as far as the watch can see: so its time is the same however much is sent. */
class Rest implements Watched {
  readonly received = 0;
  readonly timeout = lingering;
  readonly minimumRate = 0;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  stalled(): void {
    this.#socket.destroy();
  }
}
