import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { bookRoutes } from './books.ts';
import { customerRoutes } from './customers.ts';
import { QueryError, ShopDatabase } from './database.ts';
import { internalRoutes } from './internal.ts';
import { legacyRoutes } from './legacy.ts';
import { orderRoutes } from './orders.ts';
import { reviewRoutes } from './reviews.ts';
import { createRouter, json, type Reply, type Router, type Routes, refuse } from './router.ts';
import { seed } from './seed.ts';

/** Every operation of the shop: the public ones are in openapi.yaml, the others in internal.openapi.yaml. */
export function shopRoutes(database: ShopDatabase): Routes {
  return {
    ...bookRoutes(database),
    ...reviewRoutes(database),
    ...customerRoutes(database),
    ...orderRoutes(database),
    ...legacyRoutes(database),
    ...internalRoutes(database),
  };
}

/**
 * The server, not yet listening. It looks at no credential: it trusts the gateway in front of it, as many
 * services do. Flawed on purpose; README.md lists how.
 */
export function createBookshop(routes: Routes): Server {
  // FLAW(OWASP-API2:2023 Broken Authentication): no route asks for a credential or looks at the one sent.
  const router = createRouter(routes);
  return createServer(async (request, response) => {
    send(response, await answer(router, request).catch(verbose));
  });
}

async function answer(router: Router, request: IncomingMessage): Promise<Reply> {
  const url = new URL(request.url ?? '/', 'http://bookshop.invalid');
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
  const match = router.match(method, url.pathname);
  if (match.found) {
    const body = await readJson(request);
    return match.handler({ params: match.params, query: url.searchParams, body });
  }
  if (match.allow.length === 0) return refuse(404, 'not_found', 'There is no such resource.');
  const { status, content } = refuse(405, 'method_not_allowed', `Use ${match.allow.join(' or ')}.`);
  return { status, fields: { allow: match.allow.join(', ') }, ...(content && { content }) };
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = [];
  // FLAW(OWASP-API4:2023 Unrestricted Resource Consumption): a body of any size is held in memory.
  for await (const part of request) parts.push(part);
  if (parts.length === 0) return {};
  return JSON.parse(Buffer.concat(parts).toString('utf8'));
}

// FLAW(OWASP-API8:2023 Security Misconfiguration): stack trace and statement go to the client (CWE-209).
function verbose(error: unknown): Reply {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return json(500, {
    error: 'internal',
    message,
    stack,
    ...(error instanceof QueryError && { sql: error.sql }),
  });
}

function send(response: ServerResponse, { status, fields, content }: Reply): void {
  // FLAW(OWASP-API8:2023 Security Misconfiguration): tells which software, in which version, to attack.
  response.setHeader('x-powered-by', `Bookshop/0.1.0 Node/${process.versions.node}`);
  for (const [name, value] of Object.entries(fields ?? {})) response.setHeader(name, value);
  if (content) {
    response.setHeader('content-type', content[0]);
    response.setHeader('content-length', Buffer.byteLength(content[1]));
  }
  response.statusCode = status;
  response.end(content?.[1]);
}

function main(): void {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '3100' },
      database: { type: 'string', default: ':memory:' },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new Error(`--port ${values.port}: use 0 to 65535`);
  const database = new ShopDatabase(values.database);
  seed(database);
  const server = createBookshop(shopRoutes(database));
  server.on('error', fail);
  server.listen({ host: '127.0.0.1', port }, () => {
    const { port: chosen } = server.address() as AddressInfo;
    process.stdout.write(`bookshop listening on http://127.0.0.1:${chosen}\n`);
  });
  const stop = () => {
    server.close(() => database.close());
    server.closeAllConnections();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function fail(error: unknown): never {
  process.stderr.write(`bookshop: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

if (import.meta.main) {
  try {
    main();
  } catch (error) {
    fail(error);
  }
}
