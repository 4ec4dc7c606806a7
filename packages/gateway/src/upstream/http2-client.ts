import { isIP } from 'node:net';
import { buildConnector, type Dispatcher, Pool } from 'undici';
import { fieldName } from '../http/field-name.ts';
import {
  type Call,
  type FaultCode,
  type OutboundRequest,
  type ReplyHandler,
  type UpstreamClient,
  UpstreamFault,
} from './client.ts';
import type { UpstreamSettings } from './upstream.ts';

/** HTTP/2 to one target, by undici: with prior knowledge to http:// targets, by ALPN to https:// ones. */
export class Http2Client implements UpstreamClient {
  readonly #pool: Pool;
  readonly #serverName: string;

  /** @param serverName the name or address that TLS verifies */
  constructor(origin: string, serverName: string, settings: UpstreamSettings) {
    this.#serverName = serverName;
    this.#pool = openPool(origin, settings);
  }

  dispatch(request: OutboundRequest, handler: ReplyHandler): Call {
    const call = new Http2Call(handler);
    const { method, target, fields, body } = request;
    this.#pool.dispatch(
      {
        path: target,
        method: method as Dispatcher.HttpMethod,
        headers: fields as string[],
        // undici would take it from the Host field, which the caller may have chosen; its types leave it out.
        servername: this.#serverName,
        body: body ?? null,
      } as Dispatcher.DispatchOptions,
      call,
    );
    return call;
  }

  close(): void {
    void this.#pool.close();
  }
}

function openPool(origin: string, settings: UpstreamSettings): Pool {
  const priorKnowledge = origin.startsWith('https:') ? {} : { useH2c: true };
  const { ca, cert, key } = settings.tls;
  const connect = buildConnector({
    timeout: settings.connectTimeout,
    allowH2: true,
    ...priorKnowledge,
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  });
  return new Pool(origin, {
    connections: settings.connections,
    pipelining: 100,
    headersTimeout: settings.responseTimeout,
    bodyTimeout: settings.idleTimeout,
    keepAliveTimeout: 30_000,
    keepAliveTimeoutThreshold: 1_000,
    allowH2: true,
    ...priorKnowledge,
    connect: (options, callback) => {
      // An address is verified as such, but never sent as a name (RFC 6066 section 3).
      const { servername, ...rest } = options;
      connect(servername === undefined || isIP(servername) !== 0 ? rest : options, callback);
    },
  });
}

type Controller = Dispatcher.DispatchController;

/** Tells our handler what undici tells this one. */
class Http2Call implements Call, Dispatcher.DispatchHandler {
  readonly #handler: ReplyHandler;
  #controller: Controller | undefined = undefined;
  #aborted: Error | undefined = undefined;
  #over = false;

  constructor(handler: ReplyHandler) {
    this.#handler = handler;
  }

  get paused(): boolean {
    return this.#controller?.paused === true;
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  abort(error: Error): void {
    if (this.#over) return;
    this.#aborted = error;
    this.#controller?.abort(error);
    this.#fail(error);
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#aborted !== undefined) controller.abort(this.#aborted);
  }

  onBodySent(): void {
    if (!this.#over) this.#handler.sent();
  }

  onRequestSent(): void {
    if (!this.#over) this.#handler.sent();
  }

  /** What it throws comes back by `onResponseError`. */
  onResponseStart(_: Controller, status: number, parsed: ParsedFields): void {
    if (status < 200 || this.#over) return;
    if (status > 599) throw new UpstreamFault('STATUS');
    this.#handler.head(status, endToEnd(parsed));
  }

  onResponseData(_: Controller, chunk: Buffer): void {
    if (!this.#over) this.#handler.data(chunk);
  }

  onResponseEnd(_: Controller, trailers: ParsedFields): void {
    if (this.#over) return;
    this.#handler.end(withoutFraming(trailers));
    this.#over = true;
  }

  onResponseError(_: unknown, error: Error): void {
    this.#fail(renamed(error));
  }

  #fail(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#handler.failed(error);
  }
}

/** undici's names for what we have names for. */
const codes: Readonly<Record<string, FaultCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'CONNECT_TIMEOUT',
  UND_ERR_HEADERS_TIMEOUT: 'RESPONSE_TIMEOUT',
  UND_ERR_BODY_TIMEOUT: 'IDLE_TIMEOUT',
  UND_ERR_SOCKET: 'CLOSED',
  UND_ERR_INVALID_ARG: 'REQUEST_FIELD',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'REQUEST_LENGTH',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'FRAMING',
};

function renamed(error: Error): Error {
  const { code } = error as { code?: unknown };
  const known = typeof code === 'string' ? codes[code] : undefined;
  return known === undefined ? error : new UpstreamFault(known);
}

/** Fields as undici has parsed them: names in lower case, several values of one name as a list. */
type ParsedFields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Pseudo-fields are no fields (RFC 9113 section 8.3), and those of a connection have no place in HTTP/2 (8.2.2). */
function endToEnd(parsed: ParsedFields): string[] {
  return collect(parsed, (name) => !fieldName(name).hopByHop);
}

/** Trailers without those that a message is framed or routed by (RFC 9110 section 6.5.1). */
function withoutFraming(parsed: ParsedFields): string[] {
  return collect(parsed, (name) => {
    const { hopByHop, once } = fieldName(name);
    return !hopByHop && once === 0 && name !== 'set-cookie';
  });
}

function collect(parsed: ParsedFields | null | undefined, wanted: (name: string) => boolean): string[] {
  const flat: string[] = [];
  for (const name in parsed) {
    const value = parsed[name];
    if (value === undefined || name.charCodeAt(0) === colon || !wanted(name)) continue;
    if (typeof value === 'string') flat.push(name, value);
    else for (const each of value) flat.push(name, each);
  }
  return flat;
}

const colon = 0x3a;
