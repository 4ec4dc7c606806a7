import Fastify from 'fastify';
import { largestBody, refusalOf } from './firewall.ts';

export const app = Fastify({ bodyLimit: largestBody });

// The bytes as they came, whatever their type: what a parser makes of them hides attacks.
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
app.addHook('preValidation', async (request, reply) => {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const status = refusalOf(request.raw, body);
  if (status !== undefined) return reply.code(status).send();
  const isJson = request.headers['content-type']?.startsWith('application/json') === true;
  if (isJson && body.length > 0) request.body = JSON.parse(body.toString());
});

app.post<{ Body: { text: string } }>('/comments', async ({ body }, reply) =>
  reply.code(201).send({ text: body.text }),
);
app.get<{ Querystring: { q: string } }>('/search', async ({ query }) => ({ query: query.q }));
