import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from 'undici';
import { shopSchema } from '../../packages/gateway/src/policies/graphql/testing/shop-schema.ts';
import { temporaryFolder } from '../harness/folder.ts';
import { startGateway } from '../harness/gateway.ts';
import { startGraphqlServer } from '../harness/graphql-server.ts';
import { portcullis } from '../harness/program.ts';
import { waitFor } from '../harness/wait.ts';

/** The files behind the policy `graphql`, and what it leaves alone. Attacks are in test/attacks/input. */

function config(origin: string, options: string): string {
  return `
listen: { http: { port: 0, plaintext: true } }
threads: 1
policies: { authentication: none, access-log: { to: { file: access.log } } }
apis:
  shop:
    upstream: { targets: ['${origin}'] }
    policies:
      graphql: ${options}
`;
}

async function ask(origin: string, query: string): Promise<number> {
  const { statusCode, body } = await request(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  await body.dump();
  return statusCode;
}

test('a change of the schema, and of a folder of operations, takes effect by itself', async (t) => {
  const { origin } = await startGraphqlServer(t);
  const gateway = await startGateway(t, {
    config: config(origin, '{ schema: shop.graphql }'),
    files: { 'shop.graphql': shopSchema },
  });
  const query = '{ viewer { nickname } }';
  assert.equal(await ask(gateway.http, query), 400);
  gateway.write('shop.graphql', shopSchema.replace('email: String!', 'email: String!, nickname: String'));
  await waitFor('the new schema', async () => (await ask(gateway.http, query)) === 200);
  // One that is none leaves the old one in force.
  gateway.write('shop.graphql', 'type Query { a: Nothing }');
  await waitFor('the fault', () => gateway.log().includes('shop.graphql:1:17: Unknown type "Nothing".'));
  assert.equal(await ask(gateway.http, query), 200);
});

test('an operation that is added to the folder is known', async (t) => {
  const { origin } = await startGraphqlServer(t);
  const gateway = await startGateway(t, {
    config: config(origin, '{ persisted: { file: operations } }'),
    files: { 'operations/name.graphql': '{ viewer { name } }' },
  });
  assert.equal(await ask(gateway.http, '{ viewer { name } }'), 200);
  const added = '{ viewer { email } }';
  assert.equal(await ask(gateway.http, added), 404);
  gateway.write('operations/email.graphql', added);
  await waitFor('the new operation', async () => (await ask(gateway.http, added)) === 200);
});

test('check tells of what is wrong with the files, with their lines', async (t) => {
  const folder = temporaryFolder(t, {
    'portcullis.yaml': config('http://127.0.0.1:9', '{ schema: shop.graphql }'),
    'shop.graphql': 'type Query {\n  a: Int\n  b: Textt\n}\n',
  });
  const { code, err } = await portcullis(['check'], { cwd: folder });
  assert.equal(code, 1);
  assert.match(
    err,
    /portcullis\.yaml:9:\d+ {2}apis\.shop\.policies\.graphql\.schema {2}shop\.graphql:3:6: Unknown type "Textt"/,
  );
});

test('other paths of the API go on as they come, and their bodies are not held', async (t) => {
  const { origin, received } = await startGraphqlServer(t);
  const gateway = await startGateway(t, { config: config(origin, '{}') });
  const large = JSON.stringify({ query: '{ viewer { name } }', filler: 'x'.repeat(2 * 1_048_576) });
  const { statusCode, body } = await request(`${gateway.http}/files`, { method: 'POST', body: large });
  await body.dump();
  assert.equal(statusCode, 200);
  assert.equal(received.length, 1);
});

test('in monitor everything gets there, and the record says what would have been refused', async (t) => {
  const { origin } = await startGraphqlServer(t);
  const gateway = await startGateway(t, { config: config(origin, '{ mode: monitor }') });
  assert.equal(await ask(gateway.http, '{ __schema { types { name } } }'), 200);
  const record = await waitFor('the record', () => gateway.accessLog()[0]);
  assert.match(JSON.stringify(record), /"introspection-refused"/);
});
