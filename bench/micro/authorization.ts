/**
 * What one decision of authorization costs, once the configuration is prepared. Run: node bench/micro/authorization.ts
 * Each figure is the best of the rounds, in processor time: the machine's other work only ever adds to it.
 */
import type { OperationDefinition } from '../../packages/gateway/src/openapi/definition.ts';
import { accessHours } from '../../packages/gateway/src/policies/access-hours/policy.ts';
import { authorization } from '../../packages/gateway/src/policies/authorization/policy.ts';
import { compileRoles } from '../../packages/gateway/src/policies/authorization/roles.ts';
import { regionAccess } from '../../packages/gateway/src/policies/region-access/policy.ts';
import { compileVisibility, internalNetworks } from '../../packages/gateway/src/routing/visibility.ts';
import {
  api,
  environment,
  exchange,
  operation,
  preparePolicy,
  principal,
  type TestExchange,
} from '../../packages/gateway/src/testing/exchange.ts';

const rounds = 9;
const decisions = 200_000;

/** A company with a hundred roles, each of which includes three others, and an API of a hundred operations. */
const roles = compileRoles(
  Object.fromEntries(
    Array.from({ length: 100 }, (_, i) => [
      `role-${i}`,
      {
        includes: [1, 2, 3].map((n) => `role-${i + n}`).slice(0, Math.max(0, 97 - i)),
        permissions: [`right-${i}`],
      },
    ]),
  ),
);
const security = [[{ scheme: 'token', type: 'oauth2' as const, scopes: ['customers:read'] }]];
const parameters = [{ name: 'customerId', in: 'query' }] as unknown as OperationDefinition['parameters'];
const json = { requestBody: { required: true, content: { 'application/json': { type: 'object' } } } };
const operations = Array.from({ length: 100 }, (_, i) =>
  operation(`GET /customers/{customerId}/things-${i}`, { security, parameters }),
);
const order = operation('POST /orders', { security, ...json });
const shop = api('shop', [...operations, order]);
const surroundings = environment({ api: shop, roles });

const caller = principal({
  roles: ['role-0', 'other'],
  scopes: ['openid', 'customers:read', 'orders:write'],
  claims: { sub: 'cus_1001', level: 3, groups: ['sales', 'berlin'] },
});
const asked = operations[50]!;
const request = exchange('GET /customers/cus_1001/things-50?customerId=cus_1001&page=2', {
  operation: asked,
  pathValues: ['cus_1001'],
  principal: caller,
  clientAddress: '192.0.2.7',
});

function measure(
  name: string,
  times: number,
  work: () => unknown,
  expected: (result: unknown) => boolean,
): void {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    let result: unknown;
    for (let i = 0; i < times; i++) result = work();
    const { user, system } = process.cpuUsage(before);
    if (!expected(result)) throw new Error(`${name}: ${JSON.stringify(result)}`);
    best = Math.min(best, (user + system) / times);
  }
  process.stdout.write(`${name.padEnd(58)} ${best.toFixed(2).padStart(7)} µs\n`);
}

const passes = (result: unknown): boolean => result === undefined;
const refuses = (problem: string) => (result: unknown) =>
  (result as { problem?: string })?.problem === problem;

async function authorize(config: object): Promise<(input: TestExchange) => unknown> {
  const prepared = await preparePolicy(authorization, config, surroundings);
  return (input) => prepared.authorize!(input);
}

const byRole = { operations: { [`GET ${asked.path}`]: { roles: ['role-90'] } } };
const byAll = { permissions: ['right-80'], ...byRole };
const bound = { ...byAll, bind: { '{customerId}': 'claims.sub', '?customerId': 'claims.sub' } };

const scopes = await authorize({});
measure('scopes of the definition', decisions, () => scopes(request), passes);
const withRole = await authorize(byRole);
measure('scopes and a role, by way of thirty others', decisions, () => withRole(request), passes);
const withBinding = await authorize({ ...byAll, bind: { '{customerId}': 'claims.sub' } });
measure('scopes, role, permission and a binding of the path', decisions, () => withBinding(request), passes);
const all = await authorize(bound);
measure('the same and a binding of the query', decisions, () => all(request), passes);
const stranger = exchange('GET /customers/cus_1002/things-50?customerId=cus_1001', {
  operation: asked,
  pathValues: ['cus_1002'],
  principal: caller,
});
measure('the same, for somebody else’s object', decisions, () => all(stranger), refuses('object-refused'));

for (const when of [
  'request.method == "GET"',
  'claims.level >= 2 && "sales" in claims.groups',
  'inNetwork(address, "192.0.2.0/24") && hourIn(time, "Europe/Berlin") >= 0',
  'claims.groups.exists(g, g.matches("^ber"))',
]) {
  const condition = await authorize({ when });
  measure(`when ${when}`.slice(0, 58), decisions, () => condition(request), passes);
}

const fields = {
  bind: { 'POST /orders#/customerId': 'claims.sub' },
  fields: {
    '#/**/price': { write: 'nobody', onWrite: 'remove', read: ['role-99'] },
    'POST /orders#/status': { write: 'nobody' },
  },
};
const content = await preparePolicy(authorization, fields, surroundings);
const items = (count: number, price: object) =>
  Array.from({ length: count }, (_, i) => ({
    bookId: 10_000 + i,
    quantity: 1,
    note: 'as a present, please',
    ...price,
  }));
const body = Buffer.from(JSON.stringify({ customerId: 'cus_1001', items: items(5, {}) }));
const parsed = JSON.parse(body.toString()) as unknown;
const sent = exchange('POST /orders', {
  operation: order,
  principal: caller,
  body,
  fields: { 'content-type': 'application/json' },
});
// openapi-validation has parsed it by then.
(sent as { json: () => unknown }).json = () => parsed;
measure(
  `a request body of ${body.length} bytes, bound, nothing to take out`,
  decisions / 10,
  () => content.body!(sent),
  passes,
);
const reply = (count: number): TestExchange =>
  exchange('POST /orders', {
    operation: order,
    principal: caller,
    replyBody: { customerId: 'cus_1001', items: items(count, { price: 900 }) },
    replyFields: { 'content-type': 'application/json' },
  });
const small = reply(5);
const rewrites = (result: unknown): boolean => (result as { kind?: string })?.kind === 'rewritten';
measure(
  `a reply of ${small.replyBody.length} bytes, five fields taken out`,
  decisions / 10,
  () => content.reply!(small),
  rewrites,
);
const large = reply(1_000);
measure(
  `a reply of ${large.replyBody.length} bytes, a thousand taken out`,
  200,
  () => content.reply!(large),
  rewrites,
);

const region = await preparePolicy(regionAccess, { allow: ['US', 'DE'] }, surroundings);
const addresses = Array.from({ length: 1_000 }, (_, i) =>
  exchange('GET /', { clientAddress: `128.32.${i % 250}.${Math.floor(i / 4) % 250}` }),
);
let next = 0;
measure(
  'region-access, one of a thousand addresses',
  decisions,
  () => region.head!(addresses[next++ % 1_000]!),
  passes,
);
const hours = await preparePolicy(accessHours, {
  timeZone: 'Europe/Berlin',
  open: [{ from: '00:00', to: '24:00' }],
});
measure('access-hours', decisions, () => hours.head!(request), passes);
const visible = compileVisibility({
  listeners: undefined,
  networks: internalNetworks,
  trustedProxies: ['10.0.0.0/8'],
  field: 'x-forwarded-for',
});
const forwarded = {
  internalListener: undefined,
  peerAddress: '10.0.0.1',
  fields: exchange('GET /', { fields: { 'x-forwarded-for': '192.168.1.7' } }).fields,
};
measure(
  'visibility of an internal API, through a proxy',
  decisions,
  () => visible(forwarded),
  (result) => result === true,
);
surroundings.close();
