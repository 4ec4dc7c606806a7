import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { curl } from '../harness/curl.ts';
import { temporaryFolder } from '../harness/folder.ts';
import { startGateway } from '../harness/gateway.ts';
import { clientFor, startLoad } from '../harness/load.ts';
import { startPortcullis } from '../harness/program.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';

/** A configuration whose replies say which one they were made under. */
function config(origin: string, version: string, more = '', https = ''): string {
  return `
listen: { http: { port: 0, plaintext: true }, ${https}admin: { port: 0 } }
threads: 2
policies:
  authentication: none
  access-log: { to: { file: access.log } }
  headers: { response: { set: { x-version: '${version}' } } }
${more}
apis: { shop: { upstream: { targets: ['${origin}'] } } }
`;
}

test('a change of the file takes effect by itself, one on SIGHUP at once', async (t) => {
  const { origin } = await startUpstream(t);
  const gateway = await startGateway(t, { config: config(origin, 'one') });
  const version = async (): Promise<string | undefined> =>
    (await curl(`${gateway.http}/`)).fields.get('x-version');
  assert.equal(await version(), 'one');
  gateway.write('portcullis.yaml', config(origin, 'two'));
  await waitFor('the second version', async () => (await version()) === 'two');
  assert.match(gateway.log(), /^portcullis: the configuration is read again: portcullis\.yaml changed$/m);
  assert.equal(await gateway.reload(config(origin, 'three')), 'reloaded');
  // Every thread has it once the reload is over.
  for (let i = 0; i < 8; i++) assert.equal(await version(), 'three');
  assert.equal(await gateway.metric('portcullis_threads_replaced_total'), 0);
});

test('who is told that it is ready may send a signal at once', async (t) => {
  const folder = temporaryFolder(t, { 'portcullis.yaml': config('http://127.0.0.1:9', 'same') });
  // It is a matter of microseconds: without order, about one start in three ends here.
  for (let i = 0; i < 6; i++) {
    const child = startPortcullis(['start'], { cwd: folder });
    const ended = once(child, 'close');
    let log = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      if (!log.includes('ready') && text.includes('ready')) child.kill('SIGHUP');
      log += text;
    });
    await waitFor('a reload, or the end', () => child.signalCode !== null || log.includes('is reloaded'));
    assert.equal(child.signalCode, null);
    child.kill('SIGKILL');
    await ended;
  }
});

test('a bad file leaves the old one running, and says where it is wrong', async (t) => {
  const { origin } = await startUpstream(t);
  const good = config(origin, 'good');
  const gateway = await startGateway(t, { config: good });
  const bad: readonly (readonly [text: string, says: RegExp])[] = [
    [
      config(origin, 'bad', '  rate-limit: [{ name: a, by: address, qouta: 1, window: 1s }]'),
      /^portcullis\.yaml:8:\d+ {2}.*quota/m,
    ],
    // What only the data threads find out, when they prepare it.
    [
      config(origin, 'bad', '  ip-access: { deny: [300.1.1.1] }'),
      /^portcullis\.yaml:8:\d+ {2}.*300\.1\.1\.1/m,
    ],
    [`${good}\n  }{`, /^portcullis\.yaml:1\d:\d+ {2}/m],
    ['', /^portcullis\.yaml:1:1 {2}/m],
  ];
  for (const [text, says] of bad) {
    const from = gateway.log().length;
    assert.equal(await gateway.reload(text), 'not reloaded');
    const said = await waitFor('the reason', () => says.exec(gateway.log().slice(from))?.[0]);
    assert.doesNotMatch(said, /^\s+at /m);
    const reply = await curl(`${gateway.http}/`);
    assert.equal(reply.status, 200);
    assert.equal(reply.fields.get('x-version'), 'good');
  }
  assert.ok((await gateway.metric('portcullis_reloads_total{outcome="failed"}')) >= bad.length);
  assert.equal(await gateway.reload(config(origin, 'mended')), 'reloaded');
  assert.equal((await curl(`${gateway.http}/`)).fields.get('x-version'), 'mended');
});

/** A configuration in several files: a definition in two, and a policy of the user in two. */
function composed(origin: string, definition = 'shop.yaml'): string {
  return `${config(origin, 'same', '  marker: {}').replace(
    'apis: { shop: { ',
    `extensions: [marker.ts]\napis: { shop: { openapi: ${definition}, `,
  )}`;
}

const paths = (method: string): string => `${method}: { responses: {} }`;
const word = (text: string): string => `export const word: string = '${text}';`;
const composedFiles = {
  'shop.yaml': `{ openapi: 3.1.0, info: { title: t, version: '1' }, security: [{}], paths: { /a: { $ref: paths.yaml } } }`,
  'paths.yaml': paths('get'),
  'word.ts': word('one'),
  'marker.ts': `
import { z } from '${import.meta.resolve('zod')}';
import { word } from './word.ts';

export const policy = {
  name: 'marker',
  summary: 'Marks replies.',
  phase: 'head',
  schema: z.strictObject({}),
  problems: [],
  onFault: 'refuse',
  prepare: () => ({
    head(request: { addReplyField(name: string, value: string): void; fields: { has(name: string): boolean } }): undefined {
      request.addReplyField('x-word', word);
      if (request.fields.has('x-exit')) setTimeout(() => process.exit(7), 0);
    },
  }),
};
`,
};

test('a change of any file behind the configuration takes effect by itself', async (t) => {
  const { origin } = await startUpstream(t);
  const gateway = await startGateway(t, { config: composed(origin), files: composedFiles });
  const post = async (): Promise<number> => (await curl('-X', 'POST', `${gateway.http}/a`)).status;
  const said = async (): Promise<string | undefined> =>
    (await curl(`${gateway.http}/a`)).fields.get('x-word');
  assert.equal(await post(), 405);
  assert.equal(await said(), 'one');

  gateway.write('paths.yaml', `${paths('get')}\n${paths('post')}`);
  await waitFor('the file behind a $ref', async () => (await post()) === 200);
  gateway.write('word.ts', word('two'));
  await waitFor('the module that the policy imports', async () => (await said()) === 'two');
  for (let i = 0; i < 8; i++) assert.equal(await said(), 'two', 'every thread has it');
  assert.equal(await gateway.metric('portcullis_reloads_total{outcome="failed"}'), 0);
});

test('a bad file behind the configuration leaves the old one running, and says where it is wrong', async (t) => {
  const { origin } = await startUpstream(t);
  const gateway = await startGateway(t, { config: composed(origin), files: composedFiles });
  const bad: readonly (readonly [file: keyof typeof composedFiles, text: string, says: RegExp])[] = [
    ['paths.yaml', 'get: {', /apis\.shop\.openapi {2}paths\.yaml at \d+:\d+: /],
    [
      'paths.yaml',
      `get: { parameters: [{ $ref: lost.yaml }] }`,
      /paths\.yaml at .*lost\.yaml.*does not exist/,
    ],
    [
      'word.ts',
      'export const word = ;',
      /extensions {2}extension marker\.ts cannot be loaded: \S*word\.ts:1: /,
    ],
    ['marker.ts', 'export const policy = {};', /extensions {2}extension marker\.ts: name must be/],
  ];
  for (const [file, text, says] of bad) {
    const from = gateway.log().length;
    gateway.write(file, text);
    assert.equal(await gateway.reload(), 'not reloaded');
    await waitFor('the reason', () => says.test(gateway.log().slice(from)));
    const reply = await curl(`${gateway.http}/a`);
    assert.equal(reply.status, 200);
    assert.equal(reply.fields.get('x-word'), 'one');
    gateway.write(file, composedFiles[file]);
    assert.equal(await gateway.reload(), 'reloaded');
  }
});

test('what was wrong with a new configuration can be mended in a file that only that one has', async (t) => {
  const { origin } = await startUpstream(t);
  const gateway = await startGateway(t, { config: composed(origin), files: composedFiles });
  assert.equal(await gateway.reload(composed(origin, 'other.yaml')), 'not reloaded');
  const from = gateway.log().length;
  gateway.write('other.yaml', composedFiles['shop.yaml'].replace('/a:', '/b:'));
  await waitFor('the reload', () => /the configuration is reloaded/.test(gateway.log().slice(from)));
  assert.equal((await curl(`${gateway.http}/b`)).status, 200);
});

test('of very many files the first 2,000 are watched, which is said; SIGHUP reads all', async (t) => {
  const { origin } = await startUpstream(t);
  const numbers = Array.from({ length: 999 }, (_, i) => i);
  const definition = (folder: string): string =>
    JSON.stringify({
      openapi: '3.1.0',
      info: { title: folder, version: '1' },
      security: [{}],
      paths: Object.fromEntries(numbers.map((i) => [`/${i}`, { $ref: `${i}.yaml` }])),
    });
  const files = Object.fromEntries(
    ['one', 'two'].flatMap((folder) => [
      [`${folder}/api.yaml`, definition(folder)],
      ...numbers.map((i) => [`${folder}/${i}.yaml`, paths('get')]),
    ]),
  );
  const apis = ['one', 'two'].map(
    (name) =>
      `${name}: { basePath: /${name}, openapi: ${name}/api.yaml, upstream: { targets: ['${origin}'] } }`,
  );
  const text = config(origin, 'same').replace(/apis: .*\n/, `apis: { ${apis.join(', ')} }\n`);
  const gateway = await startGateway(t, { config: text, files });
  assert.match(gateway.log(), /has above 2000 files: changes of the others count at the next SIGHUP/);
  const post = async (path: string): Promise<number> =>
    (await curl('-X', 'POST', `${gateway.http}${path}`)).status;
  gateway.write('two/998.yaml', paths('post'));
  assert.equal(await gateway.reload(), 'reloaded');
  assert.equal(await post('/two/998'), 200);
  assert.equal(await post('/two/997'), 405);
});

test('a thread that starts while a policy on disk is broken runs the one in force', async (t) => {
  const { origin } = await startUpstream(t);
  const gateway = await startGateway(t, { config: composed(origin), files: composedFiles });
  gateway.write('word.ts', 'export const word = ;');
  await waitFor('the refusal', () => gateway.log().includes('is not reloaded'));
  await curl('-H', 'x-exit: 1', `${gateway.http}/a`).catch(() => 'its connection may end with the thread');
  await waitFor('the death', () => /died and is replaced/.test(gateway.log()));
  await waitFor('two threads that listen', async () => {
    const { text } = await gateway.askAdmin('/metrics');
    return text.match(/^portcullis_connections\{/gm)?.length === 2;
  });
  for (let i = 0; i < 8; i++) assert.equal((await curl(`${gateway.http}/a`)).fields.get('x-word'), 'one');
  assert.doesNotMatch(gateway.log(), /cannot be started/);
});

test('a request in flight over a reload finishes under the configuration that it began with', async (t) => {
  const held: ServerResponse[] = [];
  const upstream = await startUpstream(t, (request, reply) => {
    if (request.url === '/slow') held.push(reply);
    else reply.end('ok');
  });
  const gone = await startUpstream(t);
  const gateway = await startGateway(t, { config: config(upstream.origin, 'old') });
  const slow = curl(`${gateway.http}/slow`);
  await waitFor('the request', () => held.length === 1);
  // Not only the fields change: the upstream does too.
  assert.equal(await gateway.reload(config(gone.origin, 'new')), 'reloaded');
  const other = await curl(`${gateway.http}/other`);
  assert.equal(other.fields.get('x-version'), 'new');
  assert.deepEqual(
    gone.requests.map(({ url }) => url),
    ['/other'],
  );
  held[0]!.end('late');
  const reply = await slow;
  assert.equal(reply.status, 200);
  assert.equal(reply.body, 'late');
  assert.equal(reply.fields.get('x-version'), 'old');
});

test('what a caller has used up stays used up over a reload', async (t) => {
  const { origin } = await startUpstream(t);
  const limit = '  rate-limit: [{ name: hourly, by: address, quota: 5, window: 1h }]';
  const gateway = await startGateway(t, { config: config(origin, 'a', limit) });
  for (let i = 0; i < 5; i++) assert.equal((await curl(`${gateway.http}/`)).status, 200);
  assert.equal((await curl(`${gateway.http}/`)).status, 429);
  assert.equal(await gateway.reload(config(origin, 'b', limit)), 'reloaded');
  const refused = await curl(`${gateway.http}/`);
  assert.equal(refused.status, 429);
  assert.equal(refused.fields.get('x-version'), 'b');
});

test('20 reloads under load fail no request, over HTTP/1.1, TLS and HTTP/2', async (t) => {
  const { origin } = await startUpstream(t);
  const https = 'https: { port: 0, selfSigned: true }, ';
  const gateway = await startGateway(t, { config: config(origin, '0', '', https) });
  const ca = gateway.ca();
  const loads = [
    startLoad(t, { origin: gateway.http, connections: 24 }),
    startLoad(t, { origin: gateway.https, ca, connections: 8 }),
    startLoad(t, { origin: gateway.https, ca, http2: true, connections: 2, concurrency: 16 }),
  ];
  const answered = (): number[] => loads.map((load) => load.answered());
  for (let i = 1; i <= 20; i++) {
    const before = answered();
    const failed = (): boolean => loads.some((load) => load.failures().length > 0);
    await waitFor(
      'requests between the reloads',
      () => failed() || answered().every((count, j) => count >= before[j]! + 10),
    );
    for (const load of loads) assert.deepEqual(load.failures(), []);
    assert.equal(await gateway.reload(config(origin, String(i), '', https)), 'reloaded');
  }
  await Promise.all(loads.map((load) => load.stop()));
  for (const load of loads) {
    assert.deepEqual(load.failures(), []);
    // Each of the versions was in force while requests ran.
    assert.ok(load.seen('x-version').size >= 19, `${load.seen('x-version').size} versions`);
  }
  assert.equal(await gateway.metric('portcullis_reloads_total{outcome="succeeded"}'), 20);
  const counted = await gateway.metric('portcullis_requests_total{api="shop",status="200"}');
  assert.equal(
    counted,
    answered().reduce((sum, count) => sum + count, 0),
    'each request is counted, under whichever configuration',
  );
  assert.equal(await gateway.metric('portcullis_threads_replaced_total'), 0);
});

test('an upload in flight over a reload arrives whole', async (t) => {
  let received = 0;
  const upstream = await startUpstream(t, (request, reply) => {
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    request.on('end', () => reply.end(String(received)));
  });
  const gateway = await startGateway(t, { config: config(upstream.origin, 'old') });
  const agent = clientFor(t, { connections: 1 });
  const piece = Buffer.alloc(100_000, 'x');
  let resume = (): void => {};
  const reloaded = new Promise<void>((resolve) => {
    resume = resolve;
  });
  async function* pieces(): AsyncGenerator<Buffer> {
    yield piece;
    await reloaded;
    yield piece;
  }
  const body = Readable.from(pieces());
  const reply = agent.request({ origin: gateway.http, path: '/', method: 'POST', body });
  await waitFor('the first piece', () => received === piece.length);
  assert.equal(await gateway.reload(config(upstream.origin, 'new')), 'reloaded');
  resume();
  const { statusCode, headers, body: text } = await reply;
  assert.equal(statusCode, 200);
  assert.equal(headers['x-version'], 'old');
  assert.equal(await text.text(), String(2 * piece.length));
});
