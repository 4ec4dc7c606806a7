import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  identityKeyRules,
  identityKeysFile,
} from '../../packages/gateway/src/policies/upstream-identity/key-rules.ts';
import { upstreamIdentity } from '../../packages/gateway/src/policies/upstream-identity/policy.ts';
import { maintainKeys } from '../../packages/gateway/src/signing-keys/key-file.ts';
import {
  api,
  environment,
  exchange,
  preparePolicy,
  principal,
} from '../../packages/gateway/src/testing/exchange.ts';
import { state } from '../load/keys.ts';
import { bestOf } from './stand-in.ts';

/**
 * What it costs to tell the upstream who calls: for a caller who was told of before, and for one who is seen for the first
 * time, whose JWT has to be signed. The handler alone, with eight fields on their way.
 */
const stateFolder = join(state, 'upstream-identity');
rmSync(stateFolder, { recursive: true, force: true });
mkdirSync(stateFolder, { recursive: true });
maintainKeys(identityKeysFile(stateFolder), Date.now(), identityKeyRules);

const some = [
  'host',
  'a',
  'accept',
  '*/*',
  'user-agent',
  'x',
  'x-request-id',
  'y',
  'traceparent',
  'z',
  'forwarded',
  'f',
  'x-forwarded-for',
  'g',
  'x-forwarded-proto',
  'https',
]; // prettier-ignore
const who = (i: number) =>
  principal({
    subject: `customer-${i}`,
    client: 'app',
    scopes: ['items:read', 'orders:write'],
    roles: ['customer', 'reader'],
    claims: { email: `customer-${i}@shop.example` },
  });

const fields = { 'x-account': 'subject', 'x-account-roles': 'roles', 'x-account-mail': 'claims.email' };
const cases: readonly [what: string, config: object][] = [
  ['three fields', { fields }],
  ['a JWT', { jwt: { claims: ['email'] } }],
  ['a JWT and three fields', { jwt: { claims: ['email'] }, fields }],
  ['a JWT and the token taken out', { jwt: {}, credential: 'remove' }],
];

for (const [what, config] of cases) {
  const within = environment({ stateFolder, api: api('shop'), now: Date.now });
  const { upstream } = await preparePolicy(upstreamIdentity, config, within);
  const request = exchange('GET /items/42');
  const call = (from: ReturnType<typeof principal>): void => {
    const { flat } = request.upstreamFields;
    flat.length = 0;
    for (let i = 0; i < some.length; i++) flat.push(some[i]!);
    (request as { principal: unknown }).principal = from;
    void upstream!(request);
  };
  const regulars = Array.from({ length: 1_000 }, (_, i) => who(i));
  for (const each of regulars) call(each);
  const known = bestOf(10, 20_000, (i) => call(regulars[i % 1_000]!));
  const bare = bestOf(10, 20_000, () => {
    const { flat } = request.upstreamFields;
    flat.length = 0;
    for (let i = 0; i < some.length; i++) flat.push(some[i]!);
  });
  const newcomers = Array.from({ length: 10_000 }, (_, i) => who(i));
  const first = bestOf(10, 1_000, (i) => call(newcomers[i]!));
  const figures = [known - bare, first - bare].map((each) => each.toFixed(2).padStart(7));
  process.stdout.write(`${what.padEnd(34)} known ${figures[0]} µs CPU, first seen ${figures[1]} µs CPU\n`);
}
