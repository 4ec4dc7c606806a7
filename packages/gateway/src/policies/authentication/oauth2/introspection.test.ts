import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Introspector, type IntrospectorOptions } from './introspection.ts';
import { type IssuerServer, issuerServer } from './testing/issuer-server.ts';

interface Opened {
  readonly server: IssuerServer;
  readonly introspector: Introspector;
  readonly warnings: string[];
  readonly advance: (milliseconds: number) => void;
  readonly ask: (token: string) => Promise<unknown>;
}

async function opened(t: TestContext, more: Partial<IntrospectorOptions> = {}): Promise<Opened> {
  const server = await issuerServer(t, '{}');
  const warnings: string[] = [];
  let now = 1_700_000_000_000;
  const introspector = new Introspector({
    endpoint: () => Promise.resolve(`${server.issuer}/introspect`),
    clientId: 'gateway',
    clientSecret: 'a secret',
    concurrency: 2,
    timeout: 5_000,
    now: () => now,
    warn: (message) => warnings.push(message),
    ...more,
  });
  return {
    server,
    introspector,
    warnings,
    advance: (milliseconds) => {
      now += milliseconds;
    },
    ask: async (token) => {
      const outcome = await introspector.ask(token, token);
      return 'reason' in outcome ? outcome.reason : outcome.members;
    },
  };
}

test('the issuer is asked with the credentials of the gateway', async (t) => {
  const { server, ask } = await opened(t);
  server.tokens.set('t/+=', { active: true, sub: 'alice' });
  assert.deepEqual(await ask('t/+='), { active: true, sub: 'alice' });
  const [question] = server.questions;
  assert.equal(question?.authorization, `Basic ${Buffer.from('gateway:a+secret').toString('base64')}`);
  assert.deepEqual(
    [...question!.body],
    [
      ['token', 't/+='],
      ['token_type_hint', 'access_token'],
    ],
  ); // prettier-ignore
});

test('id and secret are form-encoded (RFC 6749 section 2.3.1)', async (t) => {
  const { server, ask } = await opened(t, { clientId: 'a:b', clientSecret: 'ü&%=' });
  await ask('t');
  const basic = server.questions[0]!.authorization!.slice('Basic '.length);
  assert.equal(Buffer.from(basic, 'base64').toString(), 'a%3Ab:%C3%BC%26%25%3D');
});

test('one token is asked about once at a time', async (t) => {
  const { server, ask } = await opened(t);
  server.tokens.set('t', { active: true });
  const all = await Promise.all(Array.from({ length: 50 }, () => ask('t')));
  assert.equal(server.questions.length, 1);
  assert.ok(all.every((each) => (each as { active?: boolean }).active === true));
});

test('more at once than are configured are not asked', async (t) => {
  const { server, ask } = await opened(t);
  let answer = (): void => {};
  server.until = new Promise((resolve) => {
    answer = resolve;
  });
  const first = [ask('a'), ask('b')];
  assert.equal(await ask('c'), 'introspection-busy');
  answer();
  await Promise.all(first);
  assert.deepEqual(await ask('c'), { active: false });
});

const broken: readonly (readonly [what: string, change: (server: IssuerServer) => void])[] = [
  [
    'an error',
    (server) => {
      server.status = 500;
    },
  ],
  [
    'no permission',
    (server) => {
      server.status = 401;
    },
  ],
  [
    'a redirect',
    (server) => {
      server.status = 302;
    },
  ],
  [
    'a page',
    (server) => {
      server.answer = '<html>';
    },
  ],
  [
    'a list',
    (server) => {
      server.answer = '[true]';
    },
  ],
  [
    'two members of one name',
    (server) => {
      server.answer = '{"active":false,"active":true}';
    },
  ],
  [
    'more than 64 KiB',
    (server) => {
      server.answer = JSON.stringify({ active: true, sub: 'a'.repeat(65_536) });
    },
  ],
];
for (const [what, change] of broken) {
  test(`${what} is no answer: nothing is believed`, async (t) => {
    const { server, ask, warnings } = await opened(t);
    server.tokens.set('t', { active: true });
    change(server);
    assert.equal(await ask('t'), 'introspection-unavailable');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /cannot be used .*answered with 503/);
    assert.equal(warnings[0]!.includes('secret'), false);
  });
}

test('an endpoint that is away is left alone for a second, then tried again', async (t) => {
  const { server, ask, advance, warnings } = await opened(t);
  server.status = 503;
  for (let i = 0; i < 20; i++) assert.equal(await ask(`t${i}`), 'introspection-unavailable');
  assert.equal(server.questions.length, 5);
  server.status = 200;
  server.tokens.set('t', { active: true });
  advance(1_000);
  assert.deepEqual(await ask('t'), { active: true });
  assert.equal(warnings.length, 2);
  assert.match(warnings[1]!, /answers again/);
});

test('an endpoint that says nothing is not waited for', async (t) => {
  const { server, ask } = await opened(t, { timeout: 50 });
  server.until = new Promise(() => {});
  assert.equal(await ask('t'), 'introspection-unavailable');
});

test('an endpoint that cannot be found out', async (t) => {
  const { ask, warnings } = await opened(t, { endpoint: () => Promise.reject(new Error('no metadata')) });
  assert.equal(await ask('t'), 'introspection-unavailable');
  assert.match(warnings[0]!, /no metadata/);
});

test('a token that the issuer stumbles over harms no other, and fills no log', async (t) => {
  const { server, ask, warnings } = await opened(t);
  server.tokens.set('good', { active: true });
  for (let i = 0; i < 20; i++) {
    for (const status of [400, 413, 422]) {
      server.status = status;
      assert.equal(await ask(`bad${i}`), 'introspection-refused');
    }
    server.status = 500;
    assert.equal(await ask(`worse${i}`), 'introspection-unavailable');
    server.status = 200;
    assert.deepEqual(await ask('good'), { active: true });
  }
  assert.equal(warnings.length, 2);
});
