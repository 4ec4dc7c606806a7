import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { freePort } from '../harness/bookshop.ts';
import { makeCertificate } from '../harness/certificates.ts';
import { temporaryFolder } from '../harness/folder.ts';
import { startGateway } from '../harness/gateway.ts';
import { portcullis } from '../harness/program.ts';

const api = `
threads: 1
policies: { authentication: none }
apis: { shop: { upstream: { targets: ['http://127.0.0.1:9'] } } }
`;
const certificate = await makeCertificate({ names: ['api.example'] });
const another = await makeCertificate({ names: ['other.example'] });

interface Fault {
  readonly name: string;
  readonly config: string;
  readonly files?: Readonly<Record<string, string>>;
  /** What is said, from beginning to end. */
  readonly says: RegExp;
}

const shown = '{ port: 0, certificates: [{ cert: api.crt, key: api.key }] }';

const faults: readonly Fault[] = [
  {
    name: 'a certificate that is not there',
    config: `listen: { https: ${shown} }${api}`,
    says: /^portcullis\.yaml:1:\d+ {2}listen\.https\.certificates\[0\]\S* {2}.*api\.crt cannot be read: there is no such file$/,
  },
  {
    name: 'a key that is not there',
    config: `listen: { https: ${shown} }${api}`,
    files: { 'api.crt': certificate.cert },
    says: /api\.key cannot be read: there is no such file$/,
  },
  {
    name: 'a key that is of another certificate',
    config: `listen: { https: ${shown} }${api}`,
    files: { 'api.crt': certificate.cert, 'api.key': another.key },
    says: /^portcullis\.yaml:1:\d+ {2}.*api\.key is not the private key of api\.crt$/,
  },
  {
    name: 'a key that is no PEM',
    config: `listen: { https: ${shown} }${api}`,
    files: { 'api.crt': certificate.cert, 'api.key': 'hunter2' },
    says: /api\.crt and api\.key are no PEM certificate and private key: (?!.*hunter2).*$/,
  },
  {
    name: 'a mistyped key',
    config: `listen:\n  htps: { port: 0, selfSigned: true }${api}`,
    says: /^portcullis\.yaml:2:3 {2}listen\.htps? .*https/,
  },
  {
    name: 'a variable that is not set',
    config: `listen: { http: { port: '\${PORTCULLIS_TEST_UNSET}' } }${api}`,
    says: /^portcullis\.yaml:1:\d+ {2}listen\.http\.port {2}.*PORTCULLIS_TEST_UNSET is not set/,
  },
  {
    name: 'a definition that is not there',
    config: `listen: { http: { port: 0 } }\napis: { shop: { openapi: none.yaml, upstream: { targets: ['http://127.0.0.1:9'] } } }`,
    says: /^portcullis\.yaml:2:\d+ {2}apis\.shop\.openapi {2}.*none\.yaml/,
  },
];

for (const { name, config, files, says } of faults) {
  test(`start is refused for ${name}`, async (t) => {
    const folder = temporaryFolder(t, { ...files, 'portcullis.yaml': config });
    const { code, out, err } = await portcullis(['start'], { cwd: folder });
    assert.equal(code, 1, err);
    assert.equal(out, '');
    assertOneSentence(err);
    assert.match(err.trim(), says);
  });
}

test('start is refused for a missing configuration, which is named', async (t) => {
  const folder = temporaryFolder(t);
  const { code, err } = await portcullis(['start', '--config', 'nowhere.yaml'], { cwd: folder });
  assert.equal(code, 1);
  assertOneSentence(err);
  assert.match(err, /nowhere\.yaml.*cannot be read: there is no such file/);
});

test('start is refused for a port that another program has', async (t) => {
  const server = createServer();
  server.listen(0);
  await once(server, 'listening');
  t.after(() => void server.close());
  const { port } = server.address() as AddressInfo;
  for (const name of ['http', 'https', 'admin']) {
    const listen: Record<string, string> = {
      http: '{ port: 0 }',
      https: '{ port: 0, selfSigned: true }',
      admin: '{ port: 0 }',
    };
    listen[name] = listen[name]!.replace('0', String(port));
    const text = Object.entries(listen)
      .map(([each, value]) => `${each}: ${value}`)
      .join(', ');
    const folder = temporaryFolder(t, { 'portcullis.yaml': `listen: { ${text} }${api}` });
    const { code, err } = await portcullis(['start'], { cwd: folder });
    assert.equal(code, 1, `${name}: ${err}`);
    assertOneSentence(err);
    assert.match(
      err,
      new RegExp(`^portcullis: listen\\.${name}: port ${port}.* is taken by another program`),
    );
  }
});

/** Data threads share their ports, and the kernel would let a second gateway of the same user share them too. */
test('start is refused for a port that another gateway has', async (t) => {
  const running = await startGateway(t, { config: `listen: { http: { port: 0, plaintext: true } }${api}` });
  const folder = temporaryFolder(t, {
    'portcullis.yaml': `listen: { http: { port: ${running.httpPort}, plaintext: true } }${api}`,
  });
  const { code, err } = await portcullis(['start'], { cwd: folder });
  assert.equal(code, 1);
  assertOneSentence(err);
  assert.match(err, new RegExp(`^portcullis: listen\\.http: port ${running.httpPort} is taken`));
});

function assertOneSentence(err: string): void {
  assert.equal(err.trim().split('\n').length, 1, `more than a sentence: ${err}`);
  assert.doesNotMatch(err, /^\s+at |node:internal|Error:/m);
}

test('of two gateways that start at once on one port, one is told', async (t) => {
  const port = await freePort();
  const config = `listen: { http: { port: ${port}, plaintext: true }, admin: { port: 0 } }${api}`;
  const outcomes = await Promise.allSettled([startGateway(t, { config }), startGateway(t, { config })]);
  const [failure, ...more] = outcomes.filter((each) => each.status === 'rejected');
  assert.ok(failure !== undefined && more.length === 0, 'one runs and the other does not');
  assert.match(String(failure.reason), new RegExp(`listen\\.http: port ${port} is taken by another program`));
});
