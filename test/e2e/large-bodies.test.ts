import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable, Writable } from 'node:stream';
import { after, test } from 'node:test';
import { startGateway } from '../harness/gateway.ts';
import { openSession } from '../harness/http2-client.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor, within } from '../harness/wait.ts';

/** Bodies of a gigabyte flow both ways at the pace of the slower side, and the gateway's memory stays as it is. */

const MiB = 1_048_576;
const piece = Buffer.alloc(MiB, 'portcullis ');

const upstream = await startUpstream({ after }, (request, reply) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://upstream');
  if (pathname === '/upload') {
    void drain(request, searchParams.has('slow')).then((bytes) => reply.end(String(bytes)));
    return;
  }
  const size = Number(searchParams.get('size'));
  if (searchParams.has('length')) reply.setHeader('content-length', size);
  void pour(reply, size);
});

const gateway = await startGateway(
  { after },
  {
    config: `
listen: { http: { port: 0, plaintext: true }, https: { port: 0, selfSigned: true }, admin: { port: 0 } }
threads: 1
policies: { authentication: none, access-log: { to: { file: access.log } } }
apis: { all: { upstream: { targets: ['${upstream.origin}'] } } }
`,
  },
);
const session: ClientHttp2Session = await openSession({ after }, gateway);
const plainAgent = new HttpAgent({ keepAlive: true });
const secureAgent = new HttpsAgent({ keepAlive: true, ca: gateway.ca() });
after(() => {
  plainAgent.destroy();
  secureAgent.destroy();
});

/** Writes `size` bytes as fast as the other side takes them. */
async function pour(to: Writable, size: number): Promise<void> {
  for (let left = size; left > 0; left -= piece.length) {
    if (to.destroyed) return;
    if (!to.write(left < piece.length ? piece.subarray(0, left) : piece)) await drained(to);
  }
  to.end();
}

function drained(to: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      to.off('drain', done).off('close', done);
      resolve();
    };
    to.on('drain', done).on('close', done);
  });
}

/** Reads to the end; a slow reader rests after each 64 MiB. */
async function drain(from: Readable, slowly: boolean): Promise<number> {
  let bytes = 0;
  let rested = 0;
  for await (const chunk of from) {
    bytes += (chunk as Buffer).length;
    if (slowly && bytes - rested > 64 * MiB) {
      rested = bytes;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
  return bytes;
}

function memory(): number {
  const [, kilobytes] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/** The most that the process grew while the action ran. */
async function growthDuring(action: () => Promise<void>): Promise<number> {
  const before = memory();
  let most = before;
  const sampling = setInterval(() => {
    most = Math.max(most, memory());
  }, 25);
  try {
    await action();
  } finally {
    clearInterval(sampling);
  }
  return Math.max(most, memory()) - before;
}

function ask1(
  secure: boolean,
  method: string,
  path: string,
  fields: Record<string, string | number>,
): ClientRequest {
  return secure
    ? httpsRequest(`${gateway.https}${path}`, { agent: secureAgent, method, headers: fields })
    : httpRequest(`${gateway.http}${path}`, { agent: plainAgent, method, headers: fields });
}

type Upload = (size: number, slow: string) => Promise<string>;

const upload1 =
  (secure: boolean, announced: boolean): Upload =>
  async (size, slow) => {
    const request = ask1(secure, 'POST', `/upload${slow}`, announced ? { 'content-length': size } : {});
    const replied = once(request, 'response') as Promise<[IncomingMessage]>;
    await pour(request, size);
    const [reply] = await replied;
    let body = '';
    for await (const text of reply.setEncoding('utf8')) body += text as string;
    return body;
  };

const upload2: Upload = async (size, slow) => {
  const stream = session.request({ ':method': 'POST', ':path': `/upload${slow}` }, { endStream: false });
  const reply = (async () => {
    let body = '';
    for await (const text of stream.setEncoding('utf8')) body += text as string;
    return body;
  })();
  await pour(stream, size);
  return reply;
};

type Download = (path: string) => Promise<number>;

const download1 =
  (secure: boolean): Download =>
  async (path) => {
    const request = ask1(secure, 'GET', path, {}).end();
    const [reply] = (await once(request, 'response')) as [IncomingMessage];
    return drain(reply, true);
  };

const download2: Download = (path) => drain(session.request({ ':path': path }), true);

// What is allocated once, at the first large body, is no growth.
await upload1(false, true)(32 * MiB, '');
await upload1(true, false)(32 * MiB, '');
await upload2(32 * MiB, '');
for (const download of [download1(false), download1(true), download2])
  await download(`/download?size=${32 * MiB}`);

const most = 100 * MiB;

const uploads: readonly (readonly [name: string, size: number, upload: Upload])[] = [
  ['1 GiB with a length', 1024 * MiB, upload1(false, true)],
  ['128 MiB in chunks', 128 * MiB, upload1(false, false)],
  ['128 MiB in chunks over TLS', 128 * MiB, upload1(true, false)],
  ['256 MiB on HTTP/2', 256 * MiB, upload2],
];

for (const [name, size, upload] of uploads) {
  test(`${name} to an upstream that reads slowly`, async () => {
    const grown = await growthDuring(async () => {
      assert.equal(await within('the upload', upload(size, '?slow'), 60_000), String(size));
    });
    assert.ok(grown < most, `memory grew by ${Math.round(grown / MiB)} MiB`);
  });
}

const downloads: readonly (readonly [name: string, path: string, size: number, download: Download])[] = [
  ['1 GiB in chunks', '/download?size=', 1024 * MiB, download1(false)],
  ['128 MiB with a length', '/download?length&size=', 128 * MiB, download1(false)],
  ['128 MiB with a length over TLS', '/download?length&size=', 128 * MiB, download1(true)],
  ['256 MiB on HTTP/2', '/download?size=', 256 * MiB, download2],
];

for (const [name, path, size, download] of downloads) {
  test(`${name} to a client that reads slowly`, async () => {
    const grown = await growthDuring(async () => {
      assert.equal(await within('the download', download(`${path}${size}`), 60_000), size);
    });
    assert.ok(grown < most, `memory grew by ${Math.round(grown / MiB)} MiB`);
  });
}

test('a client that does not read at all holds no more than buffers', async () => {
  const grown = await growthDuring(async () => {
    const stalled = Array.from({ length: 20 }, () => {
      const request = ask1(false, 'GET', `/download?size=${64 * MiB}`, {}).end();
      return once(request, 'response') as Promise<[IncomingMessage]>;
    });
    const replies = await within('20 replies', Promise.all(stalled));
    const path = `/upload?after`;
    assert.equal(await upload1(false, true)(MiB, path.slice('/upload'.length)), String(MiB));
    for (const [reply] of replies) reply.destroy();
  });
  assert.ok(grown < most, `memory grew by ${Math.round(grown / MiB)} MiB`);
});

test('the records count the bytes', async () => {
  for (const member of ['requestBytes', 'replyBytes']) {
    await waitFor(`a record with the ${member} of 1 GiB`, () =>
      gateway.accessLog().some((each) => each[member] === 1024 * MiB),
    );
  }
});
