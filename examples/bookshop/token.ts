import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { demoClient, demoUsers, isDemoUser } from './demo-users.ts';
import { FormBrowser, type Page } from './form-browser.ts';

const usage = `Prints an access token, obtained the way a third-party application does: authorization code with PKCE.

  node examples/bookshop/token.ts [--user alice|bob|admin] [--scopes A,B] [--issuer URL]
  node examples/bookshop/token.ts --browser [--scopes A,B] [--issuer URL]

  --user     whose token (default alice): signs in and consents by filling in the forms
  --browser  prints an address to open in your browser, where you sign in and consent yourself
  --scopes   what to ask for (default: all that the Bookshop has)
  --issuer   the OAuth server (default https://localhost:8443/oauth)
`;

export interface TokenRequest {
  readonly issuer: string;
  readonly scopes: readonly string[];
}

/** The reply of the token endpoint (RFC 6749 section 5.1). */
export interface TokenReply {
  readonly access_token: string;
  readonly expires_in: number;
  readonly scope?: string;
  readonly refresh_token?: string;
}

/** Signs in with a password and allows what is asked for. Throws with what the server said when it gives no token. */
export async function fetchToken(
  { issuer, scopes }: TokenRequest,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<TokenReply> {
  const browser = new FormBrowser(issuer);
  const request = authorizationRequest(issuer, scopes, 'http://127.0.0.1/callback');
  let login = await browser.visit(request.url);
  // Right after the start of the gateway its OAuth server is still on its way.
  for (let tries = 0; login.status === 503 && tries < 20; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    login = await browser.visit(request.url);
  }
  const consent = await browser.submit(firstForm(login), { username, password });
  const done = consent.forms.some(({ values }) => 'password' in values)
    ? consent
    : await browser.submit(firstForm(consent), { decision: 'allow' });
  if (done.location === undefined)
    throw new Error(`${done.url.href} answered ${done.status}: ${saidBy(done)}`);
  return redeem(browser, issuer, request, done.location);
}

/** Has somebody sign in with a browser, which comes back to a port of this machine (RFC 8252 section 7.3). */
export async function fetchTokenByBrowser(
  { issuer, scopes }: TokenRequest,
  show: (url: string) => void,
): Promise<TokenReply> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const { port } = server.address() as AddressInfo;
  const request = authorizationRequest(issuer, scopes, `http://127.0.0.1:${port}/callback`);
  const answered = new Promise<URL>((resolve) => {
    server.on('request', ({ url = '/' }, response) => {
      response.setHeader('connection', 'close');
      response.end('You can close this page.\n');
      if (url.startsWith('/callback')) resolve(new URL(url, `http://127.0.0.1:${port}`));
    });
  });
  show(request.url.href);
  const location = await answered;
  server.close();
  return redeem(new FormBrowser(issuer), issuer, request, location);
}

interface AuthorizationRequest {
  readonly url: URL;
  readonly verifier: string;
  readonly state: string;
  readonly redirectUri: string;
}

function authorizationRequest(
  issuer: string,
  scopes: readonly string[],
  redirectUri: string,
): AuthorizationRequest {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  const url = new URL(`${issuer}/auth`);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: demoClient.id,
    redirect_uri: redirectUri,
    scope: scopes.join(' '),
    state,
    // RFC 7636 section 4.2.
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  return { url, verifier, state, redirectUri };
}

async function redeem(
  browser: FormBrowser,
  issuer: string,
  { verifier, state, redirectUri }: AuthorizationRequest,
  { searchParams }: URL,
): Promise<TokenReply> {
  const code = searchParams.get('code');
  // Who has us come back with another state, or from another server, mixes up two sign-ins (RFC 9700 section 4.4).
  if (searchParams.get('state') !== state || searchParams.get('iss') !== issuer || code === null)
    throw new Error(`the server sent back: ${searchParams.get('error') ?? 'something else'}`);
  const reply = await browser.post(`${issuer}/token`, {
    grant_type: 'authorization_code',
    client_id: demoClient.id,
    code,
    code_verifier: verifier,
    redirect_uri: redirectUri,
  });
  if (reply.status !== 200)
    throw new Error(`${issuer}/token answered ${reply.status}: ${reply.text.slice(0, 500)}`);
  return JSON.parse(reply.text) as TokenReply;
}

function firstForm(page: Page) {
  const [form] = page.forms;
  if (form === undefined) throw new Error(`${page.url.href} answered ${page.status}: ${saidBy(page)}`);
  return form;
}

/** What is wrong, as the page says it. */
function saidBy({ text }: Page): string {
  const alert = /role="alert"[^>]*>([^<]*)</.exec(text)?.[1];
  return (
    alert ??
    text
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, 300)
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      user: { type: 'string', default: 'alice' },
      browser: { type: 'boolean', default: false },
      scopes: { type: 'string' },
      issuer: { type: 'string', default: 'https://localhost:8443/oauth' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const request = {
    issuer: values.issuer,
    scopes: values.scopes === undefined ? demoClient.scopes : values.scopes.split(/[\s,]+/),
  };
  if (!isDemoUser(values.user)) throw new Error(`--user ${values.user}: use alice, bob or admin`);
  const { access_token } = values.browser
    ? await fetchTokenByBrowser(request, (url) =>
        process.stderr.write(`Open this in your browser:\n\n${url}\n\n`),
      )
    : await fetchToken(request, demoUsers[values.user]);
  process.stdout.write(`${access_token}\n`);
}

if (import.meta.main) {
  main().catch((error: unknown) => {
    const message =
      error instanceof AggregateError ? error.errors.map((e) => e.message).join('; ') : String(error);
    process.stderr.write(`token: ${message}\n`);
    process.exitCode = 1;
  });
}
