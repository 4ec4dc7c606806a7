import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { Agent, request } from 'undici';
import {
  jwk,
  type KeyPair,
  keySet,
  token,
} from '../../../packages/gateway/src/policies/authentication/jwt/testing/issuer.ts';
import type { Algorithm } from '../../../packages/gateway/src/policies/authentication/token-schema.ts';
import { type AccessRecord, type GatewayUnderTest, startGateway } from '../../harness/gateway.ts';
import type { Owner } from '../../harness/owner.ts';
import { listenOn, startUpstream, type UpstreamUnderTest } from '../../harness/upstream.ts';
import { waitFor } from '../../harness/wait.ts';

export const p256: KeyPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const rsa: KeyPair = generateKeyPairSync('rsa', { modulusLength: 2048 });
/** Those of an attacker, which nobody trusts. */
export const evilP256: KeyPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const evilRsa: KeyPair = generateKeyPairSync('rsa', { modulusLength: 2048 });

export type Members = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  readonly problem: string | undefined;
  /** Names of the members of the problem document. */
  readonly members: readonly string[];
  readonly challenge: string;
  readonly fields: Readonly<Record<string, string | string[] | undefined>>;
  /** From the record, which the caller does not see. */
  readonly reason: string;
}

/** The gateway in front of a service, with an issuer whose tokens it takes, and with a trap. */
export interface Target {
  readonly gateway: GatewayUnderTest;
  readonly upstream: UpstreamUnderTest;
  readonly issuer: string;
  /** A URL that nobody must ask; tokens name it wherever they can name a place. */
  readonly trap: string;
  readonly trapped: () => readonly string[];
  /** How often the keys of the issuer were asked for. */
  readonly keysAsked: () => number;
  readonly url: string;
  readonly claims: (more?: Members) => Members;
  /** A token that is good, but for what an attack changes. */
  readonly made: (more?: Members, header?: Members, pair?: KeyPair, algorithm?: Algorithm) => string;
  /** Sends a token in Authorization, or whatever fields are given. */
  readonly send: (sent: string | Readonly<Record<string, string>>) => Promise<Answer>;
  /** Asserts that the token is refused for this reason, that the service saw nothing, and that nobody was asked. */
  readonly refuses: (
    sent: string | Readonly<Record<string, string>>,
    reason: RegExp,
    problem?: string,
  ) => Promise<void>;
  /** Asserts that a good token passes, so that a refusal says something. */
  readonly accepts: (sent: string | Readonly<Record<string, string>>) => Promise<void>;
}

export interface TargetOptions {
  /** Further options of the authenticator, as YAML in braces: `dpop: {}`. */
  readonly oauth2?: string;
  readonly listen?: string;
  readonly threads?: number;
}

export async function startTarget(
  owner: Owner,
  { oauth2 = '', listen = '', threads = 1 }: TargetOptions = {},
): Promise<Target> {
  const asked: string[] = [];
  const trapServer = createServer((request, reply) => {
    asked.push(`${request.method} ${request.url}`);
    // Whoever falls into it gets what would make the forgery good.
    reply.setHeader('content-type', 'application/json');
    reply.end(keySet(jwk(evilP256, { kid: 'evil' }), jwk(evilRsa, { kid: 'evil' })));
  });
  let keysAsked = 0;
  const issuerServer = createServer((request, reply) => {
    reply.setHeader('content-type', 'application/json');
    if (request.url === '/keys') {
      keysAsked++;
      return reply.end(keySet(jwk(p256, { kid: 'ec', alg: 'ES256' }), jwk(rsa, { kid: 'rsa' })));
    }
    reply.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }));
  });
  const trap = `http://127.0.0.1:${await listenOn(trapServer, 0)}/trap`;
  const issuer = `http://127.0.0.1:${await listenOn(issuerServer, 0)}`;
  owner.after(() => {
    for (const server of [trapServer, issuerServer]) {
      server.close();
      server.closeAllConnections();
    }
  });
  const upstream = await startUpstream(owner);
  const gateway = await startGateway(owner, {
    config: `
listen: { http: { port: 0, plaintext: true }, ${listen} admin: { port: 0 } }
threads: ${threads}
authenticators:
  people: { oauth2: { issuer: '${issuer}', audience: orders, algorithms: [ES256, RS256, PS256], ${oauth2} } }
policies:
  authentication: { anyOf: [people] }
  request-limits: { fieldSize: 128KiB, fieldsSize: 128KiB }
  access-log: { to: { file: access.log } }
apis: { orders: { upstream: { targets: ['${upstream.origin}'] } } }
`,
  });
  const agent = new Agent({ connections: 8 });
  owner.after(() => agent.close());
  const url = `${gateway.http}/orders`;

  const claims = (more: Members = {}): Members => {
    const now = Math.floor(Date.now() / 1000);
    return { iss: issuer, aud: 'orders', sub: 'alice', client_id: 'app', iat: now, exp: now + 600, ...more };
  };

  async function send(sent: string | Readonly<Record<string, string>>): Promise<Answer> {
    const headers = typeof sent === 'string' ? { authorization: `Bearer ${sent}` } : sent;
    const reply = await request(url, { headers, dispatcher: agent });
    const text = await reply.body.text();
    const id = String(reply.headers['x-request-id']);
    const record = await waitFor(`the record of ${id}`, () =>
      gateway.accessLog().find((each: AccessRecord) => each['id'] === id),
    );
    const document = reply.statusCode === 200 ? {} : (JSON.parse(text) as Record<string, unknown>);
    const refusal = record['refusal'] as { readonly reason?: string } | undefined;
    return {
      status: reply.statusCode,
      problem:
        document['type'] === undefined
          ? undefined
          : String(document['type']).replace('urn:portcullis:problem:', ''),
      members: Object.keys(document),
      challenge: [reply.headers['www-authenticate'] ?? []].flat().join('\n'),
      fields: reply.headers,
      reason: refusal?.reason ?? '',
    };
  }

  return {
    gateway,
    upstream,
    issuer,
    trap,
    trapped: () => asked,
    keysAsked: () => keysAsked,
    url,
    claims,
    made: (more = {}, header = {}, pair = p256, algorithm = 'ES256') =>
      token(
        pair,
        { alg: algorithm, typ: 'at+jwt', kid: pair === rsa ? 'rsa' : 'ec', ...header },
        claims(more),
        algorithm,
      ),
    send,
    async refuses(sent, reason, problem = 'credential-invalid') {
      const before = upstream.requests.length;
      const answer = await send(sent);
      assert.equal(answer.status, 401, answer.reason);
      assert.equal(answer.problem, problem);
      assert.match(answer.reason, reason);
      assert.match(answer.challenge, /^Bearer realm="orders"/);
      // The same shape for every way to be wrong, and nothing of the reason in it.
      assert.deepEqual(answer.members, ['type', 'title', 'status', 'detail', 'remedy', 'requestId']);
      assert.equal(upstream.requests.length, before, 'the service saw it');
      assert.deepEqual(asked, [], 'a place that the token names was asked');
    },
    async accepts(sent) {
      const answer = await send(sent);
      assert.equal(answer.status, 200, answer.reason);
    },
  };
}

export function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}
