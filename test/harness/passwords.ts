import { Agent, request as ask } from 'node:https';
import { join } from 'node:path';
import { openOauthDatabase } from '../../packages/gateway/src/stores/oauth-database.ts';
import { type NewUser, OauthUserStore } from '../../packages/gateway/src/stores/oauth-users.ts';
import { type GatewayUnderTest, startGateway } from './gateway.ts';
import type { Owner } from './owner.ts';
import { startUpstream, type UpstreamUnderTest } from './upstream.ts';

/** Passwords of tests are worth no time. What a hash costs stands in it, and so the gateway needs no switch for this. */
const cheap = { logN: 4, r: 8, p: 1 };

export const password = 'correct horse battery';

export interface Reply {
  readonly status: number;
  readonly fields: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Sent {
  /** Where the request comes from, as the proxy in front says. */
  readonly from?: string;
  readonly fields?: Readonly<Record<string, string | readonly string[]>>;
  /** Over the one connection that stays open; else over one of its own, which may come to any thread. */
  readonly keepAlive?: boolean;
}

export interface PasswordsUnderTest {
  readonly gateway: GatewayUnderTest;
  readonly upstream: UpstreamUnderTest;
  /** Does something with the users of the gateway, as `portcullis user` does. */
  readonly users: <T>(use: (users: OauthUserStore) => T | Promise<T>) => Promise<T>;
  readonly user: (username: string, more?: Partial<NewUser>) => Promise<void>;
  /** @param authorization the whole field; undefined for none */
  readonly send: (authorization: string | undefined, sent?: Sent) => Promise<Reply>;
  readonly by: (username: string, word: string, sent?: Sent) => Promise<Reply>;
}

export function basic(username: string, word: string): string {
  return `Basic ${Buffer.from(`${username}:${word}`).toString('base64')}`;
}

/** A gateway over TLS behind a proxy on this machine, with an API that takes passwords, tokens and keys. */
export async function startPasswords(owner: Owner): Promise<PasswordsUnderTest> {
  const upstream = await startUpstream(owner);
  const gateway = await startGateway(owner, { config: configOf(upstream.origin) });
  const state = join(gateway.folder, '.portcullis');
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  owner.after(() => agent.destroy());

  const users: PasswordsUnderTest['users'] = async (use) => {
    const database = openOauthDatabase(state);
    try {
      return await use(new OauthUserStore(database, { cost: cheap }));
    } finally {
      database.close();
    }
  };
  const send: PasswordsUnderTest['send'] = (authorization, { from = '192.0.2.1', fields, keepAlive } = {}) =>
    new Promise((resolve, reject) => {
      const headers = {
        'x-forwarded-for': from,
        'x-forwarded-proto': 'https',
        ...(authorization === undefined ? {} : { authorization }),
        ...fields,
      };
      const how = keepAlive === true ? { agent } : { agent: false, rejectUnauthorized: false };
      const request = ask(`${gateway.https}/orders`, { ...how, headers }, (reply) => {
        let body = '';
        reply.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        reply.on('end', () => resolve({ status: reply.statusCode!, fields: reply.headers, body }));
      });
      request.on('error', reject).end();
    });
  return {
    gateway,
    upstream,
    users,
    send,
    user: (username, more) =>
      users(async (store) => {
        await store.create({ username, roles: ['buyer'], basic: true, password, ...more });
      }),
    by: (username, word, sent) => send(basic(username, word), sent),
  };
}

function configOf(origin: string): string {
  return `
listen: { https: { port: 0, selfSigned: true }, http: { port: 0, plaintext: true } }
threads: 2
trustedProxies: [127.0.0.1]
authenticators:
  people: { basic: { scopes: [orders] } }
  partners: { apiKey: {} }
  customers: { jwt: { issuer: 'https://id.example', audience: orders, jwks: keys.json, algorithms: [ES256] } }
policies:
  authentication: { anyOf: [customers, people, partners] }
  authorization: { undeclared: authenticated }
  access-log: { to: { file: access.log } }
apis:
  orders: { upstream: { targets: ['${origin}'] } }
`;
}
