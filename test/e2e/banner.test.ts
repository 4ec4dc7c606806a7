import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, symlinkSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { freePorts } from '../harness/bookshop.ts';
import { repliesIn } from '../harness/curl.ts';
import { temporaryFolder } from '../harness/folder.ts';
import type { Owner } from '../harness/owner.ts';
import { repository, runProgram, startProcess } from '../harness/program.ts';
import { waitFor, within } from '../harness/wait.ts';

/** A clone that was never started, so that what the developer has in examples/bookshop/.portcullis is left alone. */
function clone(owner: Owner): string {
  const folder = temporaryFolder(owner);
  for (const name of ['package.json', 'package-lock.json', 'scripts', 'examples']) {
    cpSync(join(repository, name), join(folder, name), {
      recursive: true,
      filter: (source) => basename(source) !== '.portcullis',
    });
  }
  for (const name of ['packages', 'node_modules']) symlinkSync(join(repository, name), join(folder, name));
  return folder;
}

interface Demo {
  readonly child: ChildProcess;
  readonly banner: () => string;
  readonly complaints: () => string;
  readonly ended: Promise<number | null>;
}

/** What `npm start` runs; with its own process group, as it has children. */
function startDemo(owner: Owner, folder: string, env: Readonly<Record<string, string>>): Demo {
  const child = startProcess(process.execPath, ['scripts/start.mjs'], { cwd: folder, env, group: true });
  let banner = '';
  let complaints = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    banner += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  // Both pipes close when the shop has ended as well.
  const ended = once(child, 'close').then(([code]) => code as number | null);
  owner.after(async () => {
    child.kill('SIGTERM');
    await within('npm start to end', ended, 40_000);
  });
  return { child, banner: () => banner, complaints: () => complaints, ended };
}

const folder = clone({ after });
const demo = startDemo({ after }, folder, await freePorts());
const banner = await waitFor(
  'the banner',
  () => (demo.child.exitCode === null ? /[\s\S]*Ctrl-C ends it\./.exec(demo.banner())?.[0] : 'none'),
  30_000,
);
assert.notEqual(banner, 'none', demo.complaints());
const key = /API key +(\S+)/.exec(banner)![1]!;

/** As a user does who copies a line; npm and node are those of the tests. */
async function paste(line: string): Promise<string> {
  const path = `${join(repository, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`;
  const { code, out, err } = await runProgram('bash', ['-c', line], { cwd: folder, env: { PATH: path } });
  assert.equal(code, 0, `${line}\n${err}`);
  return out;
}

const tokenCommand = /token +(npm run .*?) {2,}/.exec(banner)![1]!;

test('the token command prints a token that the API accepts', async () => {
  const token = (await paste(tokenCommand)).trim();
  const https = /(https:\/\/localhost:\d+)/.exec(banner)![1]!;
  const out = await paste(
    `curl -ski '${https}/orders?customerId=cus_1001' -H 'authorization: Bearer ${token}'`,
  );
  assert.equal(repliesIn(out)[0]?.status, 200, out);
  const forged = `${token.slice(0, -6)}AAAAAA`;
  const refused = await paste(
    `curl -ski '${https}/orders?customerId=cus_1001' -H 'authorization: Bearer ${forged}'`,
  );
  assert.equal(repliesIn(refused)[0]?.status, 401, refused);
});

const lines = [...banner.matchAll(/^ {4}(\d{3}) {2}(\S.*)$/gm)].map(([, status, line]) => ({
  status: Number(status),
  line: line!,
}));

test('the banner shows a 200, 401, 403, 400, 429 and the redirect', () => {
  assert.deepEqual(
    lines.map(({ status }) => status),
    [200, 401, 403, 400, 429, 308],
  );
});

for (const { status, line } of lines) {
  test(`the line of the banner for ${status} gives ${status}`, async () => {
    const replies = repliesIn(await paste(line));
    assert.equal(replies.at(-1)?.status, status);
    if (status >= 400) assert.match(replies.at(-1)!.body, /"type": ?"[^"]+".*"status": ?\d{3}/s);
    if (status === 429)
      assert.equal(replies.filter((each) => each.status === 429).length < replies.length, true);
  });
}

test('no line gets in the way of another, the one for 429 neither', async () => {
  const limited = lines.find(({ status }) => status === 429)!;
  assert.equal(repliesIn(await paste(limited.line)).at(-1)?.status, 429);
  assert.match(await paste(tokenCommand), /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  for (const { status, line } of lines)
    assert.equal(repliesIn(await paste(line)).at(-1)?.status, status, line);
});

test('the API key is good for what it is for', async () => {
  const https = /(https:\/\/localhost:\d+)/.exec(banner)![1]!;
  const out = await paste(`curl -ski '${https}/search?q=emma' -H 'x-api-key: ${key}'`);
  assert.equal(repliesIn(out)[0]?.status, 200, out);
});

test('the metrics are where the banner says', async () => {
  const metrics = /(http:\/\/127\.0\.0\.1:\d+\/metrics)/.exec(banner)![1]!;
  const reply = await fetch(metrics);
  assert.equal(reply.status, 200);
  assert.match(await reply.text(), /^portcullis_requests_total\{api="bookshop",status="200"\} [1-9]/m);
});

test('it ends with 0 when it is told to, the shop with it, and starts again with the same key', async (t) => {
  const metrics = /(http:\/\/127\.0\.0\.1:\d+)\/metrics/.exec(banner)![1]!;
  demo.child.kill('SIGTERM');
  assert.equal(await within('npm start to end', demo.ended, 20_000), 0);
  await assert.rejects(fetch(`${metrics}/healthz`));
  assert.equal(existsSync(join(folder, 'examples/bookshop/.portcullis/self-signed.crt')), true);

  const again = startDemo(t, folder, await freePorts());
  const said = await waitFor('the banner', () => /API key +(\S+)/.exec(again.banner())?.[1], 30_000);
  assert.equal(said, key);
});

test('a taken port is one sentence and exit code 1, and the shop does not stay behind', async (t) => {
  const server = createServer().listen(0);
  await once(server, 'listening');
  t.after(() => void server.close());
  const { port } = server.address() as AddressInfo;
  for (const name of ['HTTPS_PORT', 'BOOKSHOP_PORT']) {
    const other = startDemo(t, folder, { ...(await freePorts()), [name]: String(port) });
    assert.equal(await within('npm start to end', other.ended, 30_000), 1, name);
    assert.match(other.complaints(), new RegExp(`^portcullis: .*${port}`, 'm'), name);
    assert.doesNotMatch(other.complaints(), /^\s+at /m, name);
  }
});
