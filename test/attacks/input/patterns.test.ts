import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startProcess } from '../../harness/program.ts';
import { waitFor, within } from '../../harness/wait.ts';
import { assertCost, largeBound, noProc, processorTime } from './cost.ts';
import { patterns } from './lenient-definition.ts';
import { startLenientService } from './lenient-service.ts';

/** Texts for which a backtracking engine takes very long, held against patterns as they are found in definitions. */

const service = await startLenientService({ after });
const { pid } = service.gateway;
const fields = ['Content-Type: application/json'];
const request = 'POST /contacts';

const texts: readonly (readonly [name: string, body: unknown, here: string])[] = [
  ['three loops', { mail: 'a@'.repeat(4_000) }, '400 body-invalid /mail pattern'],
  [
    'three loops, and a character that takes two places',
    { mail: `${'a@'.repeat(4_000)}\u{1f600}` },
    '400 body-invalid /mail pattern',
  ],
  ['the longest text', { mail: 'a@'.repeat(32_000) }, '400 body-invalid complexity'],
  [
    'a loop in a loop, behind a look-ahead',
    { code: `1${'a'.repeat(60)}!` },
    '400 body-invalid /code pattern',
  ],
  [
    'many texts',
    { mails: new Array(4_000).fill('a@'.repeat(100)) },
    `400 body-invalid ${Array.from({ length: 20 }, (_, index) => `/mails/${index} pattern`).join(' ')}`,
  ],
];

const harmless = JSON.stringify({ mail: 'jane@example.com', code: '1a', mails: ['jane@example.com'] });

/** A process with the same patterns, and no other protection than that it can be killed. */
async function startBare(t: TestContext): Promise<{ pid: number; ask: (body: string) => Promise<string> }> {
  const child = startProcess(process.execPath, [
    fileURLToPath(import.meta.resolve('./pattern-server.ts')),
    JSON.stringify(patterns),
  ]);
  const stopped = new AbortController();
  t.after(async () => {
    stopped.abort();
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  });
  const lines = createInterface({ input: child.stdout! });
  const [port] = (await within('the bare server', once(lines, 'line'))) as [string];
  const ask = async (body: string): Promise<string> => {
    const { signal } = stopped;
    const reply = await fetch(`http://127.0.0.1:${port}/contacts`, { method: 'POST', body, signal });
    return reply.text();
  };
  return { pid: child.pid!, ask };
}

for (const [name, body] of texts) {
  test(`${name}: holds a service that uses the engine of V8`, { skip: noProc }, async (t) => {
    const bare = await startBare(t);
    assert.equal(await bare.ask(harmless), 'fine');
    const before = processorTime(bare.pid);
    const ran = (time: number): Promise<boolean> =>
      waitFor(`${time} ms of processor time`, () => processorTime(bare.pid) - before >= time);
    let answered = 0;
    const count = (): void => {
      answered++;
    };
    // A fault counts as an answer: it too would say that the service has come to it.
    const ask = (text: string): void => void bare.ask(text).then(count, count);
    ask(JSON.stringify(body));
    await ran(2 * largeBound);
    ask(harmless);
    await ran(5 * largeBound);
    assert.equal(answered, 0, 'nobody gets an answer meanwhile');
  });
}

for (const [name, body, here] of texts) {
  test(`${name}: refused, and others are answered`, async () => {
    const [refusal, other] = await Promise.all([
      service.here({ request, fields, body: JSON.stringify(body) }),
      service.here({ request, fields, body: harmless }),
    ]);
    assert.equal(refusal, here);
    assert.match(other, /^200 /);
  });
}

test('and it costs little: processor time of the whole process', { skip: noProc }, async () => {
  for (const [name, body] of texts) {
    const send = (): Promise<string> => service.here({ request, fields, body: JSON.stringify(body) });
    await assertCost(pid, name, send, largeBound);
  }
});

test('what the patterns mean passes', async () => {
  const mail = `${'jane.doe'.repeat(20)}\u{1f600}@example.com`;
  const body = JSON.stringify({ mail, mails: new Array(1_000).fill(mail) });
  assert.match(await service.here({ request, fields, body }), /^200 /);
});
