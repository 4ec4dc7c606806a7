import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A service as many are, to run as a process of its own: it holds what it is sent against patterns, by the engine of V8. */

const patterns = new Map(
  Object.entries(JSON.parse(process.argv[2]!) as Record<string, string>).map(([name, pattern]) => [
    name,
    new RegExp(pattern),
  ]),
);

const server = createServer((request, reply) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const sent = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string | string[]>;
    const matches = ([name, value]: [string, string | string[]]): boolean =>
      [value].flat().filter((text) => !patterns.get(name)!.test(text)).length === 0;
    reply.end(Object.entries(sent).every(matches) ? 'fine' : 'wrong');
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
