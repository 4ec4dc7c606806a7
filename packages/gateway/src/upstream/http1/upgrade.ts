import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { endOfHead } from '../../http/field-lines.ts';
import { Malformed } from '../../http/malformed.ts';
import { type OutboundRequest, UpstreamFault } from '../client.ts';
import type { UpstreamSettings } from '../upstream.ts';
import { type Connect, readyEvent } from './connecting.ts';
import { largestHead } from './connection.ts';
import { readReplyHead } from './reply-head.ts';
import { writeRequestHead } from './request-head.ts';

/** Told once what came of it. */
export interface UpgradeHandler {
  /** @param socket what the upstream sent behind its head comes first */
  switched(fields: string[], socket: Duplex): void;
  /** It answered, with another status than 101. */
  refused(status: number): void;
  failed(error: Error): void;
}

/** An upgrade under way. */
export interface Opening {
  /** Gives it up; nobody is told. */
  abort(): void;
}

/**
 * Asks the upstream to switch to WebSocket (RFC 9110 section 7.8), on a connection of its own.
 * @throws UpstreamFault where the request cannot be written
 */
export function openUpgrade(
  origin: string,
  connect: Connect,
  request: OutboundRequest,
  settings: UpstreamSettings,
  handler: UpgradeHandler,
): Opening {
  return new Upgrade(origin, connect, writeRequestHead(request, 0), settings, handler);
}

class Upgrade implements Opening {
  readonly #handler: UpgradeHandler;
  readonly #socket: Socket;
  #timer: NodeJS.Timeout;
  #pending: Buffer = Buffer.alloc(0);
  #over = false;

  constructor(
    origin: string,
    connect: Connect,
    head: string,
    { connectTimeout, responseTimeout }: UpstreamSettings,
    handler: UpgradeHandler,
  ) {
    this.#handler = handler;
    const socket = connect(undefined);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#fail(new UpstreamFault('CONNECT_TIMEOUT')), connectTimeout);
    socket.once(readyEvent(origin), () => {
      if (this.#over) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#fail(new UpstreamFault('RESPONSE_TIMEOUT')), responseTimeout);
      socket.write(head, 'latin1');
    });
    socket.on('data', this.#read);
    socket.on('error', (error) => this.#fail(error));
    socket.on('end', this.#closed);
    socket.on('close', this.#closed);
  }

  abort(): void {
    if (this.#settle()) this.#socket.destroy();
  }

  readonly #read = (chunk: Buffer): void => {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    try {
      this.#readHeads();
    } catch (error) {
      this.#fail(error as Error);
    }
  };

  #readHeads(): void {
    for (;;) {
      const empty = endOfHead(this.#pending, 0);
      if (empty < 0 || empty > largestHead) {
        if (this.#pending.length > largestHead) throw new Malformed('HEAD_SIZE');
        return;
      }
      const { status, fields, upgrade } = readReplyHead(this.#pending, 0, empty, 'GET');
      this.#pending = this.#pending.subarray(empty + 4);
      if (status < 200 && status !== 101) continue;
      if (status !== 101) {
        if (!this.#settle()) return;
        this.#socket.destroy();
        return this.#handler.refused(status);
      }
      if (upgrade !== 'websocket') throw new UpstreamFault('SWITCH');
      return this.#handOver(fields);
    }
  }

  #handOver(fields: string[]): void {
    if (!this.#settle()) return;
    const socket = this.#socket;
    socket.pause();
    socket.off('data', this.#read).off('end', this.#closed).off('close', this.#closed);
    if (this.#pending.length > 0) socket.unshift(this.#pending);
    this.#handler.switched(fields, socket);
  }

  readonly #closed = (): void => this.#fail(new UpstreamFault('CLOSED'));

  #fail(error: Error): void {
    if (!this.#settle()) return;
    this.#socket.destroy();
    this.#handler.failed(error);
  }

  /** @returns false when it was over before */
  #settle(): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#timer);
    return true;
  }
}
