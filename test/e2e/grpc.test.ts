import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  type Client,
  type ClientReadableStream,
  credentials,
  Metadata,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type ServiceError,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { startGateway } from '../harness/gateway.ts';

/** gRPC through the gateway: HTTP/2 over TLS on the one side, with prior knowledge on the other, trailers and all. */

const text = {
  requestSerialize: (value: string): Buffer => Buffer.from(value),
  requestDeserialize: (bytes: Buffer): string => bytes.toString(),
  responseSerialize: (value: string): Buffer => Buffer.from(value),
  responseDeserialize: (bytes: Buffer): string => bytes.toString(),
};
const service: ServiceDefinition = {
  Say: { path: '/test.Echo/Say', requestStream: false, responseStream: false, ...text },
  Count: { path: '/test.Echo/Count', requestStream: false, responseStream: true, ...text },
  Chat: { path: '/test.Echo/Chat', requestStream: true, responseStream: true, ...text },
};

let lastMetadata: Metadata | undefined;
let cancelled = 0;
const server = new Server();
server.addService(service, {
  Say(call: ServerUnaryCall<string, string>, done: sendUnaryData<string>) {
    lastMetadata = call.metadata;
    if (call.request === 'fail') {
      const trailers = new Metadata();
      trailers.set('reason', 'asked-for');
      done({ code: status.FAILED_PRECONDITION, details: 'as you wish', metadata: trailers });
    } else if (call.request === 'never') call.on('cancelled', () => cancelled++);
    else done(null, `you said ${call.request}`);
  },
  Count(call: ServerWritableStream<string, string>) {
    for (let i = 1; i <= Number(call.request); i++) call.write(String(i));
    call.end();
  },
  Chat(call: ServerDuplexStream<string, string>) {
    call.on('data', (word: string) => call.write(word.toUpperCase()));
    call.on('end', () => call.end());
  },
});
const port = await new Promise<number>((resolve, reject) => {
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
    error === null ? resolve(bound) : reject(error),
  );
});
after(() => server.forceShutdown());

const gateway = await startGateway(
  { after },
  {
    config: `
listen: { https: { port: 0, selfSigned: true }, admin: { port: 0 } }
threads: 1
apis:
  echo:
    upstream: { targets: ['http://127.0.0.1:${port}'], protocol: http2 }
    policies: { authentication: none }
`,
  },
);

interface Echo extends Client {
  Say(
    request: string,
    metadata: Metadata,
    options: { deadline?: number },
    done: (error: ServiceError | null, reply?: string) => void,
  ): { cancel(): void };
  Count(request: string): ClientReadableStream<string>;
  Chat(): import('@grpc/grpc-js').ClientDuplexStream<string, string>;
}
const EchoClient = makeGenericClientConstructor(service, 'Echo');
const client = new EchoClient(
  `localhost:${gateway.httpsPort}`,
  credentials.createSsl(Buffer.from(gateway.ca())),
) as unknown as Echo;
after(() => client.close());

function say(word: string, metadata = new Metadata(), options = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    client.Say(word, metadata, options, (error, reply) => (error === null ? resolve(reply!) : reject(error)));
  });
}

test('a call, with its metadata and without what the client may not say', async () => {
  const metadata = new Metadata();
  metadata.set('tenant', 'north');
  metadata.set('x-forwarded-for', '203.0.113.9');
  assert.equal(await say('hello', metadata), 'you said hello');
  assert.deepEqual(lastMetadata?.get('tenant'), ['north']);
  assert.deepEqual(lastMetadata?.get('x-forwarded-for'), ['127.0.0.1']);
});

test('an error comes with its status, text and trailers', async () => {
  await assert.rejects(say('fail'), (error: ServiceError) => {
    assert.equal(error.code, status.FAILED_PRECONDITION, error.message);
    assert.equal(error.details, 'as you wish');
    assert.deepEqual(error.metadata.get('reason'), ['asked-for']);
    return true;
  });
});

test('a stream from the server', async () => {
  const seen: string[] = [];
  for await (const each of client.Count('500')) seen.push(each as string);
  assert.equal(seen.length, 500);
  assert.equal(seen.at(-1), '500');
});

test('streams both ways at once: each answer comes before the next word is said', async () => {
  const chat = client.Chat();
  const heard: string[] = [];
  const words = ['one', 'two', 'three'];
  chat.write('one');
  for await (const word of chat) {
    heard.push(word as string);
    const next = words[heard.length];
    if (next === undefined) chat.end();
    else chat.write(next);
  }
  assert.deepEqual(heard, ['ONE', 'TWO', 'THREE']);
});

test('a deadline cancels the call at the server', async () => {
  await assert.rejects(
    say('never', new Metadata(), { deadline: Date.now() + 300 }),
    (error: ServiceError) => {
      assert.equal(error.code, status.DEADLINE_EXCEEDED);
      return true;
    },
  );
  const end = Date.now() + 10_000;
  while (cancelled === 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(cancelled, 1);
});
