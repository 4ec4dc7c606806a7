import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { accessJson, accessTable } from './access-command.ts';
import { accessMatrix, type Grant, rolesIn } from './access-matrix.ts';
import { prepareToLook } from './preparation.ts';
import { ordersDefinition } from './testing/orders.ts';
import { folderWith, portcullis } from './testing/program.ts';

const configuration = `listen:
  https: { port: 8443, selfSigned: true }
authenticators:
  customers: { jwt: { issuer: https://id.example.com, audience: orders, jwks: https://id.example.com/keys, algorithms: [ES256] } }
roles:
  reader: {}
  clerk: { includes: [reader], permissions: [orders:any] }
  admin: { includes: [clerk], permissions: [index:write] }
apis:
  orders:
    openapi: orders.yaml
    upstream: { targets: [http://127.0.0.1:3000] }
    policies:
      authentication: { anyOf: [customers] }
      authorization:
        deny: [{ roles: [clerk], when: claims.blocked == true }, { roles: [reader], when: 'time.getHours() < 6' }]
        operations:
          PUT /orders/{id}: { permissions: [orders:any] }
          POST /admin/reindex: { permissions: [index:write] }
          POST /orders: { when: 'claims.level > 1' }
        bind:
          '{id}': { to: claims.sub, except: [clerk] }
          '?note': claims.sub
        fields:
          /orders#/total: { read: [admin], write: [clerk] }
    operations:
      GET /orders: { policies: { authorization: { operations: { GET /orders: { deny: everybody } } } } }
  inside:
    basePath: /inside
    visibility: internal
    upstream: { targets: [http://127.0.0.1:3000] }
    policies: { authentication: { anyOf: [customers] }, authorization: { roles: [admin] } }
  loose:
    basePath: /loose
    upstream: { targets: [http://127.0.0.1:3000] }
    policies: { authentication: { anyOf: [customers] } }
  open:
    basePath: /open
    upstream: { targets: [http://127.0.0.1:3000] }
    policies: { authentication: none }
`;

async function matrixOf(t: TestContext, text = configuration, roles?: readonly string[]) {
  const folder = folderWith(t, { 'portcullis.yaml': text, 'orders.yaml': ordersDefinition });
  const { loaded, close } = await prepareToLook(join(folder, 'portcullis.yaml'), {});
  t.after(close);
  const chosen = roles ?? rolesIn(loaded);
  return { matrix: await accessMatrix(loaded, chosen), roles: chosen };
}

const expected: Readonly<
  Record<string, readonly [anybody: Grant, known: Grant, reader: Grant, clerk: Grant, admin: Grant]>
> = {
  'GET /orders': ['no', 'no', 'no', 'no', 'no'],
  // Conditions of deny hold for those that have the role; one of `when` for everybody.
  'POST /orders': ['no', 'if', 'if', 'if', 'if'],
  'GET /orders/{id}': ['no', 'own', 'own, if', 'if', 'if'],
  'PUT /orders/{id}': ['no', 'no', 'no', 'if', 'if'],
  // A client certificate, which nobody here looks at.
  'DELETE /orders/{id}': ['no', 'no', 'no', 'no', 'no'],
  'POST /admin/reindex': ['no', 'no', 'no', 'no', 'if'],
};

test('every operation, role by role', async (t) => {
  const { matrix, roles } = await matrixOf(t);
  assert.deepEqual(roles, ['reader', 'clerk', 'admin']);
  const [orders, inside, loose, open] = matrix;
  const grants = orders!.operations.map((row) => [
    row.operation,
    [row.anybody, row.known, ...roles.map((role) => row.roles[role]!)].map(({ may }) => may),
  ]);
  assert.deepEqual(Object.fromEntries(grants), expected);
  const marks = orders!.operations
    .filter(({ mark }) => mark !== undefined)
    .map(({ mark, operation }) => `${mark} ${operation}`);
  assert.deepEqual(marks, ['nobody GET /orders', 'nobody DELETE /orders/{id}']);
  assert.deepEqual([orders!.visibility, inside!.visibility], ['public', 'internal']);
  const only = (api: typeof inside) => {
    const [row] = api!.operations;
    return [
      row!.operation,
      row!.mark,
      row!.anybody.may,
      row!.known.may,
      row!.roles['clerk']!.may,
      row!.roles['admin']!.may,
    ];
  };
  assert.deepEqual(only(inside), [undefined, undefined, 'no', 'no', 'no', 'yes']);
  assert.deepEqual(only(loose), [undefined, undefined, 'no', 'yes', 'yes', 'yes']);
  assert.deepEqual(only(open), [undefined, 'everybody', 'yes', 'yes', 'yes', 'yes']);
});

test('fields that a role may not have', async (t) => {
  const { matrix } = await matrixOf(t);
  const row = (operation: string) => matrix[0]!.operations.find((each) => each.operation === operation)!;
  const fields = (operation: string, role: string) => {
    const { mayNotWrite, doesNotSee } = row(operation).roles[role]!;
    return [mayNotWrite, doesNotSee];
  };
  const total = ['/orders#/total'];
  assert.deepEqual(fields('POST /orders', 'reader'), [total, total]);
  assert.deepEqual(fields('POST /orders', 'clerk'), [[], total]);
  assert.deepEqual(fields('POST /orders', 'admin'), [[], []]);
  // It takes no body.
  assert.deepEqual(fields('GET /orders/{id}', 'reader'), [[], total]);
  assert.deepEqual(fields('POST /admin/reindex', 'admin'), [[], []]);
});

test('as a table and as JSON', async (t) => {
  const { matrix, roles } = await matrixOf(t, configuration, ['admin']);
  const table = accessTable(matrix, roles);
  assert.match(table, /^api orders\n {8}OPERATION +anybody {2}no role {2}admin$/m);
  assert.match(table, /^nobody {2}GET \/orders +no +no +no$/m);
  assert.match(table, /^ {8}GET \/orders\/\{id\} +no +own \* +if$/m);
  assert.match(table, /^6 operations: 2 for nobody, 0 for everybody\n\* without some fields, see --json$/m);
  assert.match(table, /^api inside \(internal\)$/m);
  assert.match(
    table,
    /^everybody {2}\(no definition: every path\) +yes +yes +yes\n1 operation: 0 for nobody, 1 for everybody$/m,
  );
  const json = JSON.parse(JSON.stringify(accessJson(matrix, roles)));
  assert.deepEqual(json.roles, ['admin']);
  const put = json.apis[0].operations.find(
    (each: { operation: string }) => each.operation === 'PUT /orders/{id}',
  );
  assert.deepEqual(put.roles, { admin: { may: 'if', mayNotWrite: [], doesNotSee: [] } });
  assert.equal(put.mark, null);
  assert.match(
    put.needs,
    /^whoever is known, but denied to role clerk, when claims\.blocked == true, .*, who has the permission orders:any, where/,
  );
});

test('roles that are named but not written down', async (t) => {
  const text = `listen: { https: { port: 1, selfSigned: true } }
authenticators: { k: { apiKey: {} } }
apis:
  a:
    openapi: orders.yaml
    upstream: { targets: [http://127.0.0.1:3000] }
    policies:
      authentication: { anyOf: [k] }
      authorization:
        roles: [staff]
        deny: [{ roles: [suspended] }]
        operations: { POST /orders: { roles: [buyer] } }
        bind: { '{id}': { to: claims.sub, except: [support] } }
        fields: { '#/x': { write: [editor], read: nobody } }
`;
  const { roles, matrix } = await matrixOf(t, text);
  assert.deepEqual(roles.toSorted(), ['buyer', 'editor', 'staff', 'support', 'suspended']);
  assert.equal(matrix[0]!.operations[0]!.roles['suspended']!.may, 'no');
});

test('the command: a role, JSON, wrong use', async (t) => {
  const folder = folderWith(t, { 'portcullis.yaml': configuration, 'orders.yaml': ordersDefinition });
  const all = await portcullis(folder, 'access');
  assert.equal(all.code, 0, all.err);
  assert.match(all.out, /no role {2}reader +clerk +admin$/m);
  const one = await portcullis(folder, 'access', '--as', 'clerk', '--json');
  assert.deepEqual((JSON.parse(one.out) as { roles: string[] }).roles, ['clerk']);
  const wrong = await portcullis(folder, 'access', '--as', 'clark');
  assert.deepEqual([wrong.code, wrong.out], [2, '']);
  assert.match(wrong.err, /no such role; did you mean "clerk"\?/);
  const word = await portcullis(folder, 'access', 'orders');
  assert.equal(word.code, 2);
});
