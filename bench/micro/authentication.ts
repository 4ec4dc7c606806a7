import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfiguration } from '../../packages/gateway/src/config/load.ts';
import type { Gateway } from '../../packages/gateway/src/gateway.ts';
import { serve } from '../../packages/gateway/src/pipeline.ts';
import {
  dn,
  type Made,
  root,
} from '../../packages/gateway/src/policies/authentication/certificate/testing/authority.ts';
import { openOauthDatabase } from '../../packages/gateway/src/stores/oauth-database.ts';
import { OauthUserStore } from '../../packages/gateway/src/stores/oauth-users.ts';
import { state } from '../load/keys.ts';
import { bestOf, StandIn, standInGateway } from './stand-in.ts';

/**
 * What it costs to know who calls, above what a request costs without: a token that is known, among one issuer and
 * among four, with many tokens and with few; a password that is remembered; a token that is seen for the first time, beside
 * the bare signature; client certificates, of the connection and handed on.
 */
const rounds = 10;
const requests = 20_000;
const folder = join(state, 'authentication');
mkdirSync(folder, { recursive: true });

const names = ['first', 'second', 'third', 'fourth'];
const pairs = new Map(names.map((name) => [name, generateKeyPairSync('ec', { namedCurve: 'P-256' })]));
for (const [name, { publicKey }] of pairs) {
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256', use: 'sig' };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ keys: [jwk] }));
}

const users = openOauthDatabase(join(folder, '.portcullis'));
if (new OauthUserStore(users).named('till') === undefined) {
  const till = { username: 'till', roles: ['customer'], basic: true, password: 'correct horse battery' };
  await new OauthUserStore(users).create(till);
}
users.close();

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(name: string, sub: string): string {
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    ...{ iss: `https://${name}.example`, aud: 'bench', sub, client_id: 'load', jti: `${sub}-${iat}` },
    ...{ iat, exp: iat + 3600, scope: 'items:read orders:write', roles: ['customer'] },
  };
  const signed = `${encode({ alg: 'ES256', typ: 'at+jwt', kid: 'k' })}.${encode(claims)}`;
  const key = pairs.get(name)!.privateKey;
  return `Bearer ${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

async function gatewayWith(authentication: string): Promise<Gateway> {
  const authenticators = names.map(
    (name) =>
      `  ${name}: { jwt: { issuer: 'https://${name}.example', audience: bench, jwks: ${name}.json, algorithms: [ES256], types: [at+jwt] } }`,
  );
  const file = join(folder, 'portcullis.yaml');
  writeFileSync(
    file,
    `
listen: { http: { port: 9443, plaintext: true } }
authenticators:
${authenticators.join('\n')}
  people: { basic: {} }
apis:
  shop:
    upstream: { targets: ['http://127.0.0.1:9001'] }
    policies: { authentication: ${authentication} }
`,
  );
  const { bundle, policies } = await loadConfiguration(file, process.env);
  return standInGateway(bundle, policies, { host: '127.0.0.1', path: '/items/42' });
}

/**
 * The value is a string of its own each time, as a parser makes it.
 * @param credential scheme and credential
 */
function request(credential: string): StandIn {
  const value = Buffer.from(credential, 'latin1').toString('latin1');
  return new StandIn('/items/42?q=widget&page=2', [
    'Host',
    '127.0.0.1:9443',
    'User-Agent',
    'Mozilla/5.0 (X11; Linux x86_64)',
    'Accept',
    'application/json',
    'authorization',
    value,
  ]); // prettier-ignore
}

interface Case {
  readonly what: string;
  readonly authentication: string;
  /** Scheme and credential. */
  readonly credentials: readonly string[];
}

/** Round by round in turn, so that what else the machine does is the same for all. Microseconds. */
async function measure(cases: readonly Case[]): Promise<readonly number[]> {
  const gateways: Gateway[] = [];
  for (const { authentication, credentials } of cases) {
    const gateway = await gatewayWith(authentication);
    serve(gateway, request(credentials[0]!));
    // Until the keys are read, and the password is hashed.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    for (const each of credentials) serve(gateway, request(each));
    gateways.push(gateway);
  }
  const best = cases.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++) {
    for (const [at, { credentials }] of cases.entries()) {
      const gateway = gateways[at]!;
      const call = (index: number): void => serve(gateway, request(credentials[index % credentials.length]!));
      best[at] = Math.min(best[at]!, bestOf(1, requests, call));
    }
  }
  for (const gateway of gateways) gateway.close();
  return best;
}

function print(what: string, microseconds: number, more = ''): void {
  process.stdout.write(`${what.padEnd(62)} ${microseconds.toFixed(2).padStart(7)} µs CPU${more}\n`);
}

const many = (name: string): string[] =>
  Array.from({ length: 1_000 }, (_, i) => token(name, `customer-${i}`));
const one = [token('first', 'customer')];
const cases: readonly Case[] = [
  { what: 'no authentication', authentication: 'none', credentials: one },
  { what: 'one token, known', authentication: '{ anyOf: [first] }', credentials: one },
  { what: 'a thousand tokens, known', authentication: '{ anyOf: [first] }', credentials: many('first') },
  {
    what: 'a thousand tokens of the last of four issuers, known',
    authentication: `{ anyOf: [${names.join(', ')}] }`,
    credentials: many('fourth'),
  },
  {
    what: 'a username and password, remembered',
    authentication: '{ anyOf: [people] }',
    credentials: [`Basic ${Buffer.from('till:correct horse battery').toString('base64')}`],
  },
];
const measured = await measure(cases);
const none = measured[0]!;
for (const [at, { what }] of cases.entries()) {
  const microseconds = measured[at]!;
  print(what, microseconds, at === 0 ? '' : `, ${(microseconds - none).toFixed(2)} above none`);
}

const sights = 1_000;
const fresh = Array.from({ length: rounds * sights }, (_, i) => token('first', `newcomer-${i}`));
const gateway = await gatewayWith('{ anyOf: [first] }');
serve(gateway, request(one[0]!));
await new Promise((resolve) => setTimeout(resolve, 300));
const seen = bestOf(rounds, sights, (index) => serve(gateway, request(fresh[index]!)));
gateway.close();
const bare = bestOf(rounds, sights, (index) =>
  bareVerification(fresh[index]!, pairs.get('first')!.publicKey),
);
print('the bare signature (crypto.verify)', bare);
print(
  'ES256 token, first seen',
  seen,
  `, ${(seen - none).toFixed(2)} above none, ${(seen - none - bare).toFixed(2)} of it ours`,
);

const authority = root(dn('O=Bench', 'CN=Clients'));
const between = authority.authority(dn('O=Bench', 'CN=Partners'));
writeFileSync(join(folder, 'clients.pem'), authority.pem + between.pem);
const subjects = [{ dns: '*.partners.example' }, { cn: 'load' }];

function withCertificate({ raw, thumbprint }: Made): StandIn {
  return new StandIn('/items/42?q=widget&page=2', ['Host', '127.0.0.1:9443', 'Accept', 'application/json'], {
    raw,
    thumbprint,
    chain: [],
  });
}

function handedOn(field: string): StandIn {
  // A string of its own each time, as a parser makes it.
  const value = Buffer.from(field, 'latin1').toString('latin1');
  return new StandIn('/items/42?q=widget&page=2', [
    'Host',
    '127.0.0.1:9443',
    'Accept',
    'application/json',
    'client-cert',
    value,
  ]);
}

const issued = (index: number): Made => between.issue({ subject: dn('O=Bench', 'CN=load', `UID=${index}`) });
const client = issued(0);
const newcomers = Array.from({ length: rounds * 100 }, (_, index) => issued(index + 1));
const direct = await gatewayOf(
  `clients: { certificate: { ca: clients.pem, allow: ${JSON.stringify(subjects)} } }`,
);
const proxied = await gatewayOf('clients: { certificate: { ca: clients.pem, from: proxy } }');
const open = await gatewayOf('', 'none');
const shown = withCertificate(client);
for (const [at, call] of [
  () => serve(direct, shown),
  () => serve(proxied, handedOn(client.field)),
].entries()) {
  const without = bestOf(rounds, requests, () =>
    serve(open, at === 0 ? withCertificate(client) : handedOn(client.field)),
  );
  call();
  const again = bestOf(rounds, requests, at === 0 ? () => serve(direct, withCertificate(client)) : call);
  const what =
    at === 0 ? 'a certificate of the connection, known' : 'a certificate that a proxy hands on, known';
  print(what, again, `, ${(again - without).toFixed(2)} above none`);
}
const sight = bestOf(rounds, 100, (index) => serve(direct, withCertificate(newcomers[index]!)));
print('a certificate through one authority (P-256), first seen', sight);
for (const each of [direct, proxied, open]) each.close();

async function gatewayOf(authenticator: string, authentication = '{ anyOf: [clients] }'): Promise<Gateway> {
  const file = join(folder, 'certificates.yaml');
  writeFileSync(
    file,
    `
listen: { http: { port: 9443, plaintext: true } }
trustedProxies: [127.0.0.1]
authenticators: { ${authenticator} }
apis:
  shop:
    upstream: { targets: ['http://127.0.0.1:9001'] }
    policies: { authentication: ${authentication} }
`,
  );
  const { bundle, policies } = await loadConfiguration(file, process.env);
  return standInGateway(bundle, policies, { host: '127.0.0.1', path: '/items/42' });
}

function bareVerification(credential: string, key: KeyObject): void {
  const text = credential.slice('Bearer '.length);
  const end = text.lastIndexOf('.');
  const data = Buffer.from(text.slice(0, end), 'latin1');
  const signature = Buffer.from(text.slice(end + 1), 'base64url');
  if (!verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature)) throw new Error('not valid');
}
