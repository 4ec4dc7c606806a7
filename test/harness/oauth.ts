import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Form, FormBrowser, type Page } from '../../examples/bookshop/form-browser.ts';
import { oauthSecrets } from '../../packages/gateway/src/oauth-server/secrets.ts';
import { type NewClient, OauthClientStore } from '../../packages/gateway/src/stores/oauth-clients.ts';
import { openOauthDatabase } from '../../packages/gateway/src/stores/oauth-database.ts';
import { type NewUser, OauthUserStore } from '../../packages/gateway/src/stores/oauth-users.ts';
import { freePort } from './bookshop.ts';
import { type GatewayUnderTest, startGateway } from './gateway.ts';
import type { Owner } from './owner.ts';
import { startUpstream, type UpstreamUnderTest } from './upstream.ts';

export const resource = 'https://api.example/orders';

/** Passwords of tests are worth no time. */
const cheap = { logN: 4, r: 8, p: 1 };

export interface Registered {
  readonly id: string;
  readonly secret: string | undefined;
}

export interface OauthUnderTest {
  readonly gateway: GatewayUnderTest;
  /** What the API behind the gateway got. */
  readonly upstream: UpstreamUnderTest;
  readonly issuer: string;
  readonly client: (wanted: Partial<NewClient>) => Registered;
  readonly user: (wanted: Partial<NewUser> & { readonly username: string }) => Promise<void>;
  /** The state folder of the gateway. */
  readonly state: string;
}

export const password = 'correct horse battery';

export interface OauthOptions {
  /** Further lines of `oauthServer`, indented by two spaces. */
  readonly more?: string;
  /** Further resources, indented by four spaces. */
  readonly resources?: string;
  /** Further top-level lines of the configuration. */
  readonly top?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** See GatewayOptions. */
  readonly folder?: string;
}

/** A gateway with an OAuth server at `/oauth`, and an API at `/orders` that takes its tokens. */
export async function startOauth(owner: Owner, options: OauthOptions = {}): Promise<OauthUnderTest> {
  const upstream = await startUpstream(owner);
  const port = await freePort();
  const issuer = `https://localhost:${port}/oauth`;
  const gateway = await startGateway(owner, {
    config: oauthConfig(issuer, upstream.origin, options),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.folder === undefined ? {} : { folder: options.folder }),
  });
  const state = join(gateway.folder, '.portcullis');
  return {
    gateway,
    upstream,
    issuer,
    state,
    client: (wanted) => makeClient(state, wanted),
    async user(wanted) {
      const database = openOauthDatabase(state);
      const users = new OauthUserStore(database, { cost: cheap });
      await users.create({ roles: [], password, ...wanted }).finally(() => database.close());
    },
  };
}

export function oauthConfig(
  issuer: string,
  upstream: string,
  { more = '', resources = '', top = '' }: OauthOptions = {},
): string {
  return `
listen:
  https: { port: ${new URL(issuer).port}, selfSigned: true }
  admin: { port: 0 }
threads: 2
${top}
policies:
  access-log: { to: { file: access.log } }
oauthServer:
  issuer: ${issuer}
  name: Example
  resources:
    ${resource}:
      scopes:
        orders:read: See your orders
        orders:write: Place orders for you
        orders:all: { words: See the orders of everybody, roles: [admin] }
${resources}
  limits: { burst: 100000, page: 100000, signIn: 100000, token: 100000 }
${more}
authenticators:
  customers:
    jwt: { issuer: '${issuer}', audience: '${resource}', jwks: .portcullis/oauth-jwks.json, algorithms: [ES256] }
apis:
  orders:
    basePath: /orders
    upstream: { targets: ['${upstream}'] }
    policies:
      authentication: { anyOf: [customers] }
      authorization: { undeclared: authenticated }
`;
}

export const callback = 'https://app.example/callback';

export function makeClient(state: string, wanted: Partial<NewClient>): Registered {
  const database = openOauthDatabase(state);
  try {
    const clients = new OauthClientStore(database, oauthSecrets(state, database).clientSecrets);
    const forUsers = !['service', 'resource'].includes(wanted.kind ?? 'web');
    const { client, secret } = clients.create({
      kind: 'web',
      name: 'Shelf Reader',
      redirectUris: forUsers ? [callback] : [],
      logoutUris: [],
      scopes: wanted.kind === 'resource' ? [] : ['orders:read', 'orders:write', 'orders:all'],
      roles: [],
      firstParty: false,
      ...wanted,
    });
    return { id: client.id, secret };
  } finally {
    database.close();
  }
}

/** What a client sends users with, and what it must show afterwards. */
export interface Asked {
  readonly url: string;
  readonly verifier: string;
  readonly state: string;
}

/** An authorization request; parameters that are undefined are left out. */
export function authorizationUrl(
  issuer: string,
  client: Registered,
  more: Readonly<Record<string, string | undefined>> = {},
): Asked {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(8).toString('base64url');
  const parameters = {
    response_type: 'code',
    client_id: client.id,
    redirect_uri: callback,
    scope: 'orders:read',
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  };
  const query = new URLSearchParams(
    Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  return { url: `${issuer}/auth?${query}`, verifier, state };
}

export function formOf(page: Page): Form {
  const [form] = page.forms;
  if (form === undefined)
    throw new Error(`${page.url.href} answered ${page.status}: ${page.text.slice(0, 500)}`);
  return form;
}

/** Signs in and allows. @returns where the client gets the user back */
export async function signInAndAllow(browser: FormBrowser, url: string, username = 'alice'): Promise<URL> {
  let page = await browser.visit(url);
  if (/name="password"/.test(page.text)) page = await browser.submit(formOf(page), { username, password });
  if (/name="decision"/.test(page.text)) page = await browser.submit(formOf(page), { decision: 'allow' });
  if (page.location === undefined) throw new Error(`${page.url.href} answered ${page.status}: ${page.text}`);
  return page.location;
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly scope?: string;
}

/** What the token endpoint says, whatever it is. */
export interface TokenReply {
  readonly status: number;
  readonly body: Partial<Tokens> & { readonly error?: string; readonly error_description?: string };
  readonly fields: Page['fields'];
}

/** A request to an endpoint for clients, with Basic where the client has a secret. */
export async function ask(
  issuer: string,
  path: string,
  client: Registered | undefined,
  parameters: Readonly<Record<string, string>> | string,
  fields: Readonly<Record<string, string>> = {},
): Promise<TokenReply> {
  const secret = client?.secret;
  const basic = Buffer.from(`${client?.id}:${encodeURIComponent(secret ?? '')}`).toString('base64');
  const body =
    typeof parameters === 'string' || client === undefined || secret !== undefined
      ? parameters
      : { client_id: client.id, ...parameters };
  const page = await new FormBrowser(issuer).post(`${issuer}${path}`, body, {
    accept: 'application/json',
    ...(secret === undefined ? {} : { authorization: `Basic ${basic}` }),
    ...fields,
  });
  const isJson = /json/.test(page.fields['content-type'] ?? '');
  return {
    status: page.status,
    body: isJson && page.text !== '' ? JSON.parse(page.text) : {},
    fields: page.fields,
  };
}

/** Redeems the code with which a user came back. */
export function redeem(
  issuer: string,
  client: Registered,
  location: URL,
  asked: Pick<Asked, 'verifier'>,
  more: Readonly<Record<string, string>> = {},
): Promise<TokenReply> {
  return ask(issuer, '/token', client, {
    grant_type: 'authorization_code',
    code: location.searchParams.get('code') ?? '',
    redirect_uri: callback,
    code_verifier: asked.verifier,
    ...more,
  });
}

export function refresh(issuer: string, client: Registered, token: string | undefined): Promise<TokenReply> {
  return ask(issuer, '/token', client, { grant_type: 'refresh_token', refresh_token: token ?? '' });
}

export function claimsOf(token: string | undefined): Record<string, unknown> {
  return JSON.parse(Buffer.from((token ?? '').split('.')[1] ?? '', 'base64url').toString());
}
