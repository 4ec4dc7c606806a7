import type { IncomingMessage } from 'node:http';
import { type GatewayUnderTest, startGateway } from '../../harness/gateway.ts';
import type { Owner } from '../../harness/owner.ts';
import { startUpstream } from '../../harness/upstream.ts';
import { RawConnection, type RawReply } from '../raw-client.ts';
import { definition } from './lenient-definition.ts';
import {
  decodedBody,
  found,
  merged,
  type Query,
  readCookies,
  readQuery,
  stepsOfTable,
} from './lenient-reading.ts';

/** One request that a lenient service understands in a way that nobody meant. */
export interface Attack {
  readonly name: string;
  /** Method and target. */
  readonly request: string;
  /** Lines, as they are written. */
  readonly fields?: readonly string[];
  readonly body?: string | Buffer;
  /** What it does to the service. */
  readonly bare: string;
  /** What becomes of it at the gateway: status, problem, and what is wrong. */
  readonly here: string;
}

export interface LenientService {
  readonly gateway: GatewayUnderTest;
  /** How many requests have come to the service. */
  readonly arrived: () => number;
  /** What the service says that the request did. */
  readonly bare: (request: Omit<Attack, 'name' | 'bare' | 'here'>) => Promise<string>;
  /** `200 EFFECT`, or the refusal. */
  readonly here: (request: Omit<Attack, 'name' | 'bare' | 'here'>) => Promise<string>;
}

/**
 * A service as many are, in front of it nothing and the gateway: it reads queries as `qs` does, JSON whatever it is called,
 * merges what it is sent into what it has, and asks its database with whatever a parameter is.
 */
export async function startLenientService(owner: Owner, options = ''): Promise<LenientService> {
  let arrived = 0;
  const upstream = await startUpstream(owner, (incoming, reply) => {
    arrived++;
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      let effect: string;
      try {
        effect = effectOf(incoming, Buffer.concat(chunks));
      } catch (error) {
        effect = `crashed: ${(error as Error).name}`;
      }
      reply.setHeader('content-type', 'application/json');
      reply.end(JSON.stringify({ effect }));
    });
  });
  const gateway = await startGateway(owner, {
    config: `
listen: { http: { port: 0, plaintext: true }, admin: { port: 0 } }
threads: 1
policies: { authentication: none, access-log: { to: { file: access.log } } }
apis:
  lenient:
    openapi: ./lenient.yaml
    upstream: { targets: ['${upstream.origin}'] }
    policies: { openapi-validation: { ${options} } }
`,
    files: { 'lenient.yaml': definition },
  });
  return {
    gateway,
    arrived: () => arrived,
    bare: async (request) => {
      const { body } = await exchanged(upstream.port, request);
      return (JSON.parse(body) as { effect: string }).effect;
    },
    here: async (request) => outcome(await exchanged(gateway.httpPort, request)),
  };
}

/** Names of the paths are of the definition. */
function effectOf(incoming: IncomingMessage, bytes: Buffer): string {
  const url = incoming.url ?? '/';
  const [path = '', query = ''] = url.split('?');
  const sent = readQuery(query);
  const body = bytes.length === 0 ? undefined : decodedBody(bytes, incoming.headers['content-type'] ?? '');
  switch (path) {
    case '/accounts': {
      const profile = { city: '', isAdmin: false };
      const cards: { limit?: number }[] = [{}];
      const account = { name: 'x', role: 'user', profile, cards };
      merged(account, body);
      const polluted = ({} as { isAdmin?: unknown }).isAdmin !== undefined;
      // biome-ignore lint/suspicious/noExplicitAny: a service that trusts what it is sent.
      delete (Object.prototype as any).isAdmin;
      if (polluted) return 'every object is an administrator';
      const limit = cards[0]?.limit;
      if (limit !== undefined) return `a card with a limit of ${limit}`;
      return profile.isAdmin ? 'an administrator by profile' : `role ${account.role}`;
    }
    case '/login':
      return `signed in as ${found(body as Query)}`;
    case '/users':
      return `users ${found({ id: sent.id }) || 'none'}`;
    case '/transfers': {
      // One part of the service looks at the first amount, and another one moves the last.
      const { amount, to } = { ...sent, ...(body as Query) };
      return `moved ${[amount].flat().at(-1)} to ${[to].flat().at(-1)}`;
    }
    case '/tenants':
      return `tenant ${lastField(incoming.rawHeaders, 'x-tenant')}`;
    case '/plans':
      return `plan ${readCookies(incoming.headers.cookie ?? '')['plan']}`;
    case '/documents':
      return `${stepsOfTable(body)} steps`;
    default:
      return 'nothing';
  }
}

/** As servers by CGI see it: a hyphen is an underscore. */
function lastField(flat: readonly string[], name: string): string | undefined {
  return flat.findLast((_, at) => at % 2 === 1 && flat[at - 1]!.toLowerCase().replaceAll('_', '-') === name);
}

async function exchanged(
  port: number,
  { request, fields = [], body = '' }: Omit<Attack, 'name' | 'bare' | 'here'>,
): Promise<RawReply> {
  const connection = new RawConnection(port);
  const bytes = Buffer.from(body as string);
  const length = bytes.length > 0 ? [`Content-Length: ${bytes.length}`] : [];
  connection.write(`${[`${request} HTTP/1.1`, 'Host: a', ...length, ...fields].join('\r\n')}\r\n\r\n`);
  connection.socket.write(bytes);
  const [reply] = await connection.replies(1);
  connection.close();
  return reply!;
}

interface Problem {
  readonly type?: string;
  readonly effect?: string;
  readonly errors?: readonly { in: string; name?: string; pointer?: string; keyword: string }[];
}

function outcome({ status, body }: RawReply): string {
  const { type, effect, errors = [] } = JSON.parse(body) as Problem;
  if (type === undefined) return `${status} ${effect}`;
  const listed = errors.map(({ name, pointer, keyword }) =>
    [name ?? pointer, keyword].filter(Boolean).join(' '),
  );
  return [status, type.replace('urn:portcullis:problem:', ''), ...listed].join(' ');
}
