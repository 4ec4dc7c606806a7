import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** An issuer on a free port of the loopback, which says what a test wants. */
export interface IssuerServer {
  /** Its identifier. */
  readonly issuer: string;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  /** By path; what is not there is answered with 404. */
  readonly documents: Map<string, unknown>;
  /** Answers about tokens; inactive where there is none. */
  readonly tokens: Map<string, Readonly<Record<string, unknown>>>;
  /** Heads and bodies of questions about tokens. */
  readonly questions: { readonly authorization: string | undefined; readonly body: URLSearchParams }[];
  /** Of all replies; 200 unless a test says otherwise. */
  status: number;
  /** Replies wait for this. */
  until: Promise<void> | undefined;
  /** The very text of answers about tokens, in the place of JSON. */
  answer: string | undefined;
  readonly count: (path: string) => number;
}

export const wellKnown = {
  oauth: '/.well-known/oauth-authorization-server',
  openid: '/.well-known/openid-configuration',
} as const;

/** @param path of the issuer identifier */
export async function issuerServer(t: TestContext, keySet: string, path = ''): Promise<IssuerServer> {
  const documents = new Map<string, unknown>();
  const server = createServer(async (request, response) => {
    const url = request.url ?? '';
    state.asked.push(url);
    const body = await bodyOf(request);
    await state.until;
    const json = (text: string): void => {
      response.writeHead(state.status, { 'content-type': 'application/json' }).end(text);
    };
    if (request.method === 'POST' && url === '/introspect') {
      const parameters = new URLSearchParams(body);
      state.questions.push({ authorization: request.headers.authorization, body: parameters });
      const found = state.tokens.get(parameters.get('token') ?? '') ?? { active: false };
      return json(state.answer ?? JSON.stringify(found));
    }
    const document = documents.get(url);
    if (document === undefined) return void response.writeHead(404).end();
    json(typeof document === 'string' ? document : JSON.stringify(document));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const state: IssuerServer = {
    issuer: `${origin}${path}`,
    asked: [],
    documents,
    tokens: new Map(),
    questions: [],
    status: 200,
    until: undefined,
    answer: undefined,
    count: (asked) => state.asked.filter((each) => each === asked).length,
  };
  documents.set('/jwks', keySet);
  documents.set(`${wellKnown.oauth}${path}`, {
    issuer: state.issuer,
    jwks_uri: `${origin}/jwks`,
    introspection_endpoint: `${origin}/introspect`,
  });
  return state;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
