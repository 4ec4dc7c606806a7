import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { GatewayUnderTest } from './gateway.ts';
import type { Owner } from './owner.ts';
import { within } from './wait.ts';

export interface Http2Reply {
  readonly status: number;
  readonly fields: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders | undefined;
  readonly body: string;
  /** 0 for an orderly end. */
  readonly code: number;
}

/** A session of HTTP/2 with the gateway, which verifies its certificate. */
export async function openSession(owner: Owner, gateway: GatewayUnderTest): Promise<ClientHttp2Session> {
  const session = connect(gateway.https, { ca: gateway.ca() });
  session.on('error', () => {});
  owner.after(() => session.destroy());
  await within('a session of HTTP/2', once(session, 'remoteSettings'));
  return session;
}

/** One request; resolves when its stream is closed, however that came. */
export function ask(
  session: ClientHttp2Session,
  fields: OutgoingHttpHeaders,
  body?: string | Buffer,
): Promise<Http2Reply> {
  const stream = session.request(fields, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  return replyOf(stream);
}

export function replyOf(stream: ClientHttp2Stream): Promise<Http2Reply> {
  let head: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders | undefined;
  const chunks: Buffer[] = [];
  stream.on('response', (fields) => {
    head = fields;
  });
  stream.on('trailers', (fields) => {
    trailers = fields;
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', () => {});
  const closed = new Promise<Http2Reply>((resolve) => {
    stream.on('close', () =>
      resolve({
        status: Number(head[':status'] ?? 0),
        fields: head,
        trailers,
        body: Buffer.concat(chunks).toString('latin1'),
        code: stream.rstCode ?? 0,
      }),
    );
  });
  return within('the end of a stream', closed, 15_000);
}
