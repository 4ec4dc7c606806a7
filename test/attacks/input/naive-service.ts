import { once } from 'node:events';
import { request } from 'node:http';
import { gunzipSync, inflateSync } from 'node:zlib';
import type { GatewayUnderTest } from '../../harness/gateway.ts';
import { startGateway } from '../../harness/gateway.ts';
import type { Owner } from '../../harness/owner.ts';
import { startUpstream } from '../../harness/upstream.ts';

/** What the service says it understood, and what it got. */
export interface Understood {
  readonly contentType: string | undefined;
  readonly coding: string | undefined;
  readonly announced: string | undefined;
  readonly digest: string | undefined;
  /** latin1, as it arrived. */
  readonly body: string;
  /** Bytes after it undid the coding. */
  readonly inflated: number;
  /** By name, as a lenient reader takes them: the last counts. */
  readonly fields: Readonly<Record<string, string>>;
  /** Names under which it would store files. */
  readonly files: readonly string[];
  /** XML with its entities expanded, in length and the first 100 characters. */
  readonly expanded: number;
  readonly text: string;
}

export interface Reply {
  readonly status: number;
  readonly fields: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface NaiveService {
  readonly origin: string;
  readonly gateway: GatewayUnderTest;
  /** What arrived through the gateway, or directly, so far. */
  readonly seen: Understood[];
  send(
    to: 'service' | 'gateway',
    body: Buffer | string,
    fields: Readonly<Record<string, string>>,
  ): Promise<Reply>;
}

/** Reads as many services do: without bounds, JSON whatever the Content-Type says, the last of two fields, any file name. */
function understand(
  bytes: Buffer,
  fields: Readonly<Record<string, string | string[] | undefined>>,
): Understood {
  const coding = fields['content-encoding'] as string | undefined;
  const content = coding === 'gzip' ? gunzipSync(bytes) : coding === 'deflate' ? inflateSync(bytes) : bytes;
  const contentType = fields['content-type'] as string | undefined;
  const text = content.toString('latin1');
  const found: Record<string, string> = {};
  const files: string[] = [];
  if (text.startsWith('{') && contentType !== 'application/x-ndjson') Object.assign(found, JSON.parse(text));
  const boundary = /boundary="?([^";]+)/.exec(contentType ?? '')?.[1];
  if (boundary !== undefined) {
    for (const part of text.split(`--${boundary}`)) {
      const name = /name="([^"]*)"/.exec(part)?.[1];
      const file = /filename\*=utf-8''(\S+)/i.exec(part)?.[1] ?? /filename="([^"]*)"/.exec(part)?.[1];
      if (file !== undefined) files.push(decodeURIComponent(file));
      else if (name !== undefined) found[name] = part.slice(part.search(/\r?\n\r?\n/)).trim();
    }
  }
  const expanded = text.includes('<') ? expandEntities(text) : '';
  return {
    contentType,
    coding,
    announced: fields['content-length'] as string | undefined,
    digest: fields['content-digest'] as string | undefined,
    body: bytes.toString('latin1'),
    inflated: content.length,
    fields: found,
    files,
    expanded: expanded.length,
    text: expanded.slice(0, 100),
  };
}

function expandEntities(document: string): string {
  const entities = new Map<string, string>();
  for (const [, name, , value] of document.matchAll(/<!ENTITY\s+(\w+)\s+(SYSTEM\s+)?"([^"]*)"/g)) {
    const isFile = value!.startsWith('file:');
    entities.set(name!, isFile ? 'root:x:0:0' : value!);
  }
  let text = document.slice(document.lastIndexOf(']>') + 2);
  for (let round = 0; round < 12 && text.length < 5_000_000; round++)
    text = text.replace(/&(\w+);/g, (whole, name: string) => entities.get(name) ?? whole);
  return text;
}

const definition = `
openapi: 3.1.0
info: { title: Orders, version: 1 }
paths:
  /orders:
    post:
      requestBody:
        required: true
        content:
          application/json: { schema: { $ref: '#/components/schemas/Order' } }
          application/xml: { schema: { $ref: '#/components/schemas/Order' } }
          application/x-www-form-urlencoded: { schema: { $ref: '#/components/schemas/Order' } }
          application/x-ndjson: { schema: { $ref: '#/components/schemas/Order' } }
          multipart/form-data:
            schema: { $ref: '#/components/schemas/Upload' }
            encoding: { picture: { contentType: image/png } }
components:
  schemas:
    Order:
      type: object
      required: [item]
      properties: { item: { type: string, maxLength: 100 }, note: { type: string } }
    Upload:
      type: object
      required: [item]
      properties:
        item: { type: string, maxLength: 20 }
        file: { type: string, format: binary }
        picture: { type: string, format: binary }
`;

export async function startNaiveService(owner: Owner, options = ''): Promise<NaiveService> {
  const seen: Understood[] = [];
  const upstream = await startUpstream(owner, (incoming, reply) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const understood = understand(Buffer.concat(chunks), incoming.headers);
      seen.push(understood);
      reply.end(JSON.stringify({ ...understood, body: undefined }));
    });
  });
  const gateway = await startGateway(owner, {
    config: `
listen: { http: { port: 0, plaintext: true }, admin: { port: 0 } }
threads: 1
policies: { authentication: none, access-log: { to: { file: access.log } } }
apis:
  orders:
    openapi: ./orders.yaml
    upstream: { targets: ['${upstream.origin}'] }
    policies: { openapi-validation: { ${options} } }
`,
    files: { 'orders.yaml': definition },
  });
  return {
    origin: upstream.origin,
    gateway,
    seen,
    async send(to, body, fields) {
      const outgoing = request(`${to === 'service' ? upstream.origin : gateway.http}/orders`, {
        method: 'POST',
        headers: { 'content-length': Buffer.byteLength(body), ...fields },
      });
      outgoing.end(body);
      const [incoming] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage];
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      await once(incoming, 'end');
      return { status: incoming.statusCode ?? 0, fields: incoming.headers, text };
    },
  };
}

/** Status and problem of a refusal, with the keywords of its errors. */
export function refusalOf({ status, text }: Reply): string {
  const problem = JSON.parse(text) as { type?: string; errors?: { pointer: string; keyword: string }[] };
  const name = problem.type?.replace('urn:portcullis:problem:', '') ?? 'passed';
  const errors = problem.errors?.map(({ pointer, keyword }) => `${pointer} ${keyword}`.trim()) ?? [];
  return [status, name, ...errors].join(' ');
}
