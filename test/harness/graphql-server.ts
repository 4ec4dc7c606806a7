import type { IncomingMessage } from 'node:http';
import * as graphql from 'graphql';
import { WebSocketServer } from 'ws';
import { shopSchema } from '../../packages/gateway/src/policies/graphql/testing/shop-schema.ts';
import type { Owner } from './owner.ts';
import { startUpstream, type UpstreamUnderTest } from './upstream.ts';

export interface GraphqlServer extends UpstreamUnderTest {
  /** How often a field has been looked up so far. */
  readonly resolved: () => number;
  /** What it was sent, parsed, in order. */
  readonly received: readonly unknown[];
}

/** More fields than this are not looked up for one request: an attack that comes so far has worked. */
export const exhausted = 20_000;

/**
 * A GraphQL service that protects itself by nothing: no limits, no validation of the document, lists of operations,
 * mutations by GET, WebSockets for whoever asks.
 */
export async function startGraphqlServer(owner: Owner): Promise<GraphqlServer> {
  const schema = graphql.buildSchema(shopSchema);
  const received: unknown[] = [];
  let resolved = 0;

  const execute = async (asked: Asked): Promise<unknown> => {
    let left = exhausted;
    try {
      return await graphql.execute({
        schema,
        document: graphql.parse(asked.query ?? ''),
        variableValues: asked.variables ?? {},
        operationName: asked.operationName,
        typeResolver: (_, __, info, type) => info.schema.getPossibleTypes(type)[0]!.name,
        fieldResolver: (_, args, __, { returnType }) => {
          resolved++;
          if (left-- === 0) throw new Error('exhausted');
          return sample(returnType, args as Sizes);
        },
      });
    } catch (error) {
      return { errors: [{ message: (error as Error).message }] };
    }
  };

  const upstream = await startUpstream(owner, async (request, reply) => {
    const asked = await read(request);
    received.push(asked);
    const result = Array.isArray(asked)
      ? await Promise.all(asked.map((each) => execute(each as Asked)))
      : await execute(asked as Asked);
    reply.setHeader('content-type', 'application/json').end(JSON.stringify(result));
  });
  const sockets = new WebSocketServer({ noServer: true });
  upstream.server.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, () => {}),
  );
  owner.after(() => {
    for (const client of sockets.clients) client.terminate();
  });
  return { ...upstream, resolved: () => resolved, received };
}

interface Asked {
  readonly query?: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
}

async function read(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (request.method === 'POST') return JSON.parse(Buffer.concat(chunks).toString());
  const query = new URL(request.url!, 'http://localhost').searchParams;
  return { ...Object.fromEntries(query), variables: JSON.parse(query.get('variables') ?? '{}') };
}

interface Sizes {
  readonly first?: number | undefined;
  readonly limit?: number | undefined;
}

/** Something of the type; of a list as many as are asked for, or three. */
function sample(type: graphql.GraphQLOutputType, { first, limit }: Sizes): unknown {
  if (graphql.isNonNullType(type)) return sample(type.ofType, { first, limit });
  if (graphql.isListType(type)) {
    return Array.from({ length: Math.min(first ?? limit ?? 3, 100_000) }, () => sample(type.ofType, {}));
  }
  if (graphql.isCompositeType(type)) return {};
  if (graphql.isEnumType(type)) return type.getValues()[0]!.value;
  return { Int: 1, Boolean: true }[type.name as 'Int'] ?? 'x';
}
