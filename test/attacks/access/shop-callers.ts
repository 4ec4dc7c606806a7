import type { DemoUser } from '../../../examples/bookshop/demo-users.ts';
import type { BookshopUnderTest } from '../../harness/bookshop.ts';
import { type CurlReply, curl } from '../../harness/curl.ts';

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

export async function callersOf({ gateway, shop, token: tokenOf }: BookshopUnderTest): Promise<Callers> {
  const tokens = new Map<DemoUser, string>();
  for (const user of ['alice', 'bob', 'admin'] as const) tokens.set(user, await tokenOf(user));
  return {
    direct: (request, asked) => send(shop.origin, request, asked),
    through(user, request, { fields = [], ...asked } = {}) {
      const token = user === undefined ? [] : [`authorization: Bearer ${tokens.get(user)}`];
      return send(gateway.https, request, { ...asked, fields: [...token, ...fields] });
    },
  };
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
