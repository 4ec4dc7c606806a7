import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { RawConnection } from '../attacks/raw-client.ts';
import { startGateway } from '../harness/gateway.ts';
import { startUpstream } from '../harness/upstream.ts';

const definition = `
openapi: 3.1.0
info: { title: Maps, version: 1 }
paths:
  /maps/{place}/{layer}:
    get:
      parameters:
        - { name: place, in: path, required: true, style: matrix, explode: true, schema: { type: array, items: { type: integer } } }
        - { name: layer, in: path, required: true, schema: { type: string } }
`;

const upstream = await startUpstream({ after }, (_, reply) => void reply.end('ok'));
const gateway = await startGateway(
  { after },
  {
    config: `
listen: { http: { port: 0, plaintext: true }, admin: { port: 0 } }
threads: 1
policies: { authentication: none }
apis:
  maps: { openapi: ./maps.yaml, basePath: /v1, upstream: { targets: ['${upstream.origin}'] } }
  files: { basePath: /files, upstream: { targets: ['${upstream.origin}'] } }
`,
    files: { 'maps.yaml': definition },
  },
);

const rows: readonly (readonly [target: string, outcome: string])[] = [
  ['/v1/maps/;place=1;place=2/roads', '200'],
  ['/v1/maps/;place=%31/roads', '200'],
  ['/v1/maps/;place=1;place=x/roads', '400 parameters-invalid'],
  ['/v1/maps/;other=1/roads', '400 parameters-invalid'],
  ['/v1/maps/1/roads', '400 parameters-invalid'],
  ['/v1/maps/;place=1/roads;v=2', '400 malformed-target'],
  ['/v1/maps/admin;place=1/roads', '400 malformed-target'],
  ['/v1/maps;v=2/;place=1/roads', '400 malformed-target'],
  ['/v1;v=2/maps/;place=1/roads', '400 malformed-target'],
  ['/v1/maps/..;place=1/roads', '400 malformed-target'],
  ['/v1/maps/%2e%2E;place=1/roads', '400 malformed-target'],
  ['/v1/unknown/;place=1', '400 malformed-target'],
  ['/files/a;v=1', '400 malformed-target'],
  ['/nothing/a;v=1', '400 malformed-target'],
];

test('path parameters pass where the definition has them, and nowhere else', async () => {
  for (const [target, outcome] of rows) {
    const before = upstream.requests.length;
    const connection = new RawConnection(gateway.httpPort);
    connection.write(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const [reply] = await connection.replies(1);
    connection.close();
    const problem = reply!.status === 200 ? '' : ` ${(JSON.parse(reply!.body) as { type: string }).type}`;
    assert.equal(`${reply!.status}${problem}`.replace('urn:portcullis:problem:', ''), outcome, target);
    const arrived = upstream.requests.slice(before).map(({ url }) => url);
    assert.deepEqual(arrived, outcome === '200' ? [target.replace('%31', '1')] : [], target);
  }
});
