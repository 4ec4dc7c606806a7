import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import type { GatewayUnderTest } from '../../harness/gateway.ts';
import { startGateway } from '../../harness/gateway.ts';
import type { Owner } from '../../harness/owner.ts';
import { startUpstream } from '../../harness/upstream.ts';
import { assertCost, largeBound, noProc, smallBound } from './cost.ts';
import { type Understood, understand } from './naive-reading.ts';

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

/** Seen to work without the gateway; refused by it without the service hearing of it, at a cost that has a bound. */
export async function assertStopped(
  service: NaiveService,
  body: Buffer | string,
  fields: Readonly<Record<string, string>>,
  bare: Partial<Understood>,
  here: string,
): Promise<void> {
  const reply = await service.send('service', body, fields);
  const shown = `${fields['content-type']} ${String(body).slice(0, 100)}`;
  const understood = JSON.parse(reply.text) as Record<string, unknown>;
  const asked = Object.fromEntries(Object.keys(bare).map((name) => [name, understood[name]]));
  assert.partialDeepStrictEqual(asked, bare, shown);
  service.seen.length = 0;
  const attack = async (): Promise<void> =>
    assert.equal(refusalOf(await service.send('gateway', body, fields)), here, shown);
  await attack();
  if (!noProc)
    await assertCost(service.gateway.pid, shown, attack, body.length > 50_000 ? largeBound : smallBound);
  assert.deepEqual(service.seen, []);
}
