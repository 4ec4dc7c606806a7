import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { inspect, largestBody } from './firewall.ts';

export function makeApp(): FastifyInstance {
  const app = Fastify({ bodyLimit: largestBody });

  // The bytes as they came, whatever their type: what a parser makes of them hides attacks.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  app.addHook('preValidation', async (request, reply) => {
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const inspected = inspect(request.raw, bytes);
    if (inspected.refused !== undefined) return reply.code(inspected.refused).send();
    request.body = inspected.body;
  });
  // The status alone: Fastify would tell what was thrown.
  app.setErrorHandler((fault: FastifyError, _, reply) => reply.code(fault.statusCode ?? 500).send());

  app.post<{ Body: { text?: unknown } | null | undefined }>('/comments', async ({ body }, reply) => {
    const text = body?.text;
    return typeof text === 'string' ? reply.code(201).send({ text }) : reply.code(400).send();
  });
  app.get<{ Querystring: { q: string } }>('/search', async ({ query }) => ({ query: query.q }));
  return app;
}
