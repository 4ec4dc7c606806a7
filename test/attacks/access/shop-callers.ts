import assert from 'node:assert/strict';
import { type DemoUser, demoUsers } from '../../../examples/bookshop/demo-users.ts';
import type { ShopUnderTest } from '../../../examples/bookshop/test-shop.ts';
import { type CurlReply, curl } from '../../harness/curl.ts';
import type { GatewayUnderTest } from '../../harness/gateway.ts';

export interface Asked {
  readonly fields?: readonly string[];
  /** Anything but a text is sent as JSON. */
  readonly body?: unknown;
  /** Of the gateway or the shop; default that of their origin. */
  readonly host?: string;
  /** The address to come from; all of 127.0.0.0/8 is this machine. */
  readonly from?: string;
}

/** What an attack needs: the shop itself, and the gateway in front of it, as curl reaches them. */
export interface Callers {
  /** Without a gateway: what a service like this does by itself. */
  direct(request: string, asked?: Asked): Promise<CurlReply>;
  /** As somebody who is signed in, or as nobody. */
  through(user: DemoUser | undefined, request: string, asked?: Asked): Promise<CurlReply>;
}

export async function callersOf(gateway: GatewayUnderTest, shop: ShopUnderTest): Promise<Callers> {
  const tokens = new Map<DemoUser, string>();
  const direct: Callers['direct'] = (request, asked) => send(shop.origin, request, asked);
  for (const user of ['alice', 'bob', 'admin'] as const) {
    // From the shop, as the gateway lets nobody sign in more often than five times a minute.
    const reply = await direct('POST /login', { body: credentialsOf(user) });
    assert.equal(reply.status, 200, reply.body);
    tokens.set(user, (JSON.parse(reply.body) as { access_token: string }).access_token);
  }
  return {
    direct,
    through(user, request, { fields = [], ...asked } = {}) {
      const token = user === undefined ? [] : [`authorization: Bearer ${tokens.get(user)}`];
      return send(gateway.https, request, { ...asked, fields: [...token, ...fields] });
    },
  };
}

function credentialsOf(user: DemoUser): { email: string; password: string } {
  const { email, password } = demoUsers[user];
  return { email, password };
}

function send(
  origin: string,
  request: string,
  { fields = [], body, host, from }: Asked = {},
): Promise<CurlReply> {
  const [method = '', path = ''] = request.split(' ');
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const typed = fields.some((field) => /^content-type:/i.test(field));
  const content =
    text === undefined
      ? []
      : [...(typed ? [] : ['-H', 'content-type: application/json']), '--data-raw', text];
  const { port } = new URL(origin);
  return curl(
    '--path-as-is',
    '--globoff',
    ...(method === 'HEAD' ? ['--head'] : ['-X', method]),
    ...fields.flatMap((field) => ['-H', field]),
    ...content,
    ...(from === undefined ? [] : ['--interface', from]),
    `${host === undefined ? origin : origin.replace(/\/\/[^/]+$/, `//${host}:${port}`)}${path}`,
  );
}

/** `200`, or `403 object-refused`: what became of a request. */
export function outcome({ status, body }: CurlReply): string {
  const problem = /"type":"urn:portcullis:problem:([a-z-]+)"/.exec(body)?.[1];
  return problem === undefined ? String(status) : `${status} ${problem}`;
}
