import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The shop as a process of its own, on a free port. */
export interface ShopUnderTest {
  readonly origin: string;
  send(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Ends it with SIGTERM; answers its exit code. */
  stop(): Promise<number | null>;
}

export async function startShop(): Promise<ShopUnderTest> {
  const server = join(import.meta.dirname, 'server.ts');
  const child = spawn(process.execPath, [server, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Whatever ends the tests ends it too: else it would keep their runner waiting.
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  const exited = once(child, 'exit');
  void exited.then(() => process.off('exit', end));
  const origin = await readyLine(child.stdout);
  return {
    origin,
    async send(method, path, body) {
      const reply = await fetch(`${origin}${path}`, {
        method,
        ...(body !== undefined && {
          body: typeof body === 'string' ? body : JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        }),
      });
      return { status: reply.status, headers: reply.headers, text: await reply.text() };
    },
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exited;
      return code;
    },
  };
}

async function readyLine(stdout: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stdout })) {
    const ready = /^bookshop listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(line);
    if (ready?.[1]) return ready[1];
    throw new Error(`the bookshop said: ${line}`);
  }
  throw new Error('the bookshop ended before it was ready');
}
