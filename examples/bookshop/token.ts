import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { parseArgs } from 'node:util';
import { demoUsers, isDemoUser } from './demo-users.ts';

const usage = `Prints an access token of a demonstration user.

  node examples/bookshop/token.ts [--user alice|bob|admin] [--url URL]

  --user  whose token (default alice)
  --url   where to log in (default https://localhost:8443/login)
`;

/** 127.0.0.0/8, ::1 and localhost: this machine, where a self-signed certificate and plain text do no harm. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** Logs in and answers the access token. Throws with what the server said when it gives none. */
export async function fetchToken(url: URL, email: string, password: string): Promise<string> {
  const loopback = isLoopback(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback))
    throw new Error(`${url.href}: a password goes over https only, or to this machine`);
  const { status, text } = await post(url, JSON.stringify({ email, password }), loopback);
  const reply: unknown = status === 200 ? JSON.parse(text) : undefined;
  if (reply && typeof reply === 'object' && 'access_token' in reply) return String(reply.access_token);
  throw new Error(`${url.href} answered ${status}: ${text.slice(0, 500)}`);
}

function post(url: URL, body: string, acceptSelfSigned: boolean): Promise<{ status: number; text: string }> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      // Of this one request to this one host; NODE_TLS_REJECT_UNAUTHORIZED would do it for all.
      rejectUnauthorized: !acceptSelfSigned,
      agent: false,
      timeout: 10_000,
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 10 s')));
    request.on('error', reject);
    request.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
      );
    });
    request.end(body);
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      user: { type: 'string', default: 'alice' },
      url: { type: 'string', default: 'https://localhost:8443/login' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  if (!isDemoUser(values.user)) throw new Error(`--user ${values.user}: use alice, bob or admin`);
  const { email, password } = demoUsers[values.user];
  process.stdout.write(`${await fetchToken(new URL(values.url), email, password)}\n`);
}

if (import.meta.main) {
  main().catch((error: unknown) => {
    const message =
      error instanceof AggregateError ? error.errors.map((e) => e.message).join('; ') : String(error);
    process.stderr.write(`token: ${message}\n`);
    process.exitCode = 1;
  });
}
