import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { request } from 'undici';
import type { Owner } from './owner.ts';
import { waitFor, within } from './wait.ts';

const entry = join(import.meta.dirname, 'identity-provider-process.mjs');

const client = { client_id: 'app', client_secret: 'the secret of the app' };
/** Whose tokens are bound to its certificate. */
const certifiedClient = { client_id: 'certified-app', client_secret: 'another secret' };
/** As which the gateway asks about tokens. */
export const gatewayClient = { client_id: 'gateway', client_secret: 'the secret of the gateway' };

export interface TokenRequest {
  /** Resource indicator (RFC 8707): its host becomes the audience, and a path of /opaque or /encrypted the format. */
  readonly resource: string;
  /** A DPoP proof for the token endpoint. */
  readonly dpop?: string;
  /** PEM of the certificate that the client shows to the provider. */
  readonly certificate?: string;
}

/** An identity provider that is not ours, as a process of its own. */
export interface IdentityProvider {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  /** An access token by the client credentials grant. */
  readonly token: (request: TokenRequest) => Promise<string>;
  readonly revoke: (token: string) => Promise<void>;
  /** Other keys from now on. */
  readonly rotate: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Once more, at the same place. */
  readonly restart: () => Promise<void>;
}

/** @param encryptionKey PEM of the public key that tokens are encrypted for */
export async function startIdentityProvider(owner: Owner, encryptionKey?: string): Promise<IdentityProvider> {
  let child: ChildProcess | undefined;
  let issuer = '';
  let rounds = 0;
  owner.after(() => child?.kill('SIGKILL'));

  async function start(port: number): Promise<void> {
    const settings = { port, encryptionKey, clients: [app, certified, asking] };
    const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env;
    const started = fork(entry, {
      env: { ...env, IDENTITY_PROVIDER: JSON.stringify(settings) },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let said = '';
    started.stderr?.on('data', (text) => {
      said += String(text);
    });
    child = started;
    started.on('message', (message: { issuer: string; round: number }) => {
      issuer = message.issuer;
      rounds = message.round;
    });
    const gone = once(started, 'exit').then(() => {
      throw new Error(`the identity provider ended:\n${said}`);
    });
    gone.catch(() => {});
    await within('the identity provider', Promise.race([once(started, 'message'), gone]));
  }

  async function post(
    path: string,
    form: Readonly<Record<string, string>>,
    fields: Readonly<Record<string, string>> = {},
    { client_id: id, client_secret: secret } = client,
  ): Promise<Record<string, unknown>> {
    const reply = await request(`${issuer}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa(`${id}:${encodeURIComponent(secret)}`)}`,
        'content-type': 'application/x-www-form-urlencoded',
        ...fields,
      },
      body: new URLSearchParams(form).toString(),
    });
    const text = await reply.body.text();
    if (reply.statusCode !== 200) throw new Error(`${path}: ${reply.statusCode} ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  }

  async function token({ resource, dpop, certificate }: TokenRequest): Promise<string> {
    const form = { grant_type: 'client_credentials', scope: 'orders.read', resource };
    const proved = dpop === undefined ? {} : { dpop };
    const reply =
      certificate === undefined
        ? await post('/token', form, proved)
        : await post(
            '/token',
            form,
            { ...proved, 'x-test-certificate': encodeURIComponent(certificate) },
            certifiedClient,
          );
    return String(reply['access_token']);
  }

  async function stop(): Promise<void> {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  }

  await start(0);
  return {
    issuer,
    tokenEndpoint: `${issuer}/token`,
    token,
    revoke: async (text) => void (await post('/token/revocation', { token: text })),
    async rotate() {
      const before = rounds;
      child?.send('rotate');
      await waitFor('other keys', () => rounds > before);
    },
    stop,
    restart: async () => {
      await stop();
      await start(Number(new URL(issuer).port));
    },
  };
}

const machine = {
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  token_endpoint_auth_method: 'client_secret_basic',
};
const app = { ...client, ...machine };
const certified = { ...certifiedClient, ...machine, tls_client_certificate_bound_access_tokens: true };
const asking = { ...gatewayClient, ...machine };
