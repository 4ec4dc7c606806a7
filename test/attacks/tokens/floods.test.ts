import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Agent, request } from 'undici';
import { encode, startTarget } from './target.ts';

/** What costs the gateway more than the attacker: keys that are asked for, signatures, memory. */

const target = await startTarget({ after }, { threads: 2 });

test('a good token passes', () => target.accepts(target.made()));

test('thousands of tokens with kids of their own ask the issuer once in ten seconds, on all threads together', async () => {
  const asked = target.keysAsked();
  const begun = performance.now();
  const [, payload, signature] = target.made().split('.');
  const agent = new Agent({ connections: 16 });
  let sent = 0;
  async function flood(): Promise<void> {
    while (sent < 4_000) {
      const kid = `k${sent++}-${Math.random()}`;
      const header = encode({ alg: 'ES256', typ: 'at+jwt', kid });
      const { statusCode, body } = await request(target.url, {
        dispatcher: agent,
        headers: { authorization: `Bearer ${header}.${payload}.${signature}` },
      });
      await body.dump();
      assert.equal(statusCode, 401);
    }
  }
  await Promise.all(Array.from({ length: 32 }, flood));
  await agent.close();
  const windows = Math.ceil((performance.now() - begun) / 10_000);
  const more = target.keysAsked() - asked;
  assert.ok(more <= windows, `${more} times in ${windows} windows of ten seconds`);
  await target.accepts(target.made());
});

test('a token of 64 KiB is refused before anything of it is read', async () => {
  const [header, payload, signature] = target.made().split('.');
  const long = [
    `${header}.${payload}${'A'.repeat(60_000)}.${signature}`,
    `${header}.${payload}.${'A'.repeat(60_000)}`,
    'A'.repeat(62_000),
    `e${'.'.repeat(60_000)}`,
  ];
  for (const token of long) await target.refuses(token, /too-long/);
  // Beyond the bound of a head, the parser itself ends it.
  const reply = await request(target.url, { headers: { authorization: `Bearer ${'A'.repeat(66_000)}` } });
  await reply.body.dump();
  assert.equal(reply.statusCode, 431);
  await target.accepts(target.made());
});

test('a token of the largest size that is read', async () => {
  const claims = { pad: 'x'.repeat(11_500) };
  assert.ok(target.made(claims).length < 16_384);
  await target.accepts(target.made(claims));
  await target.refuses(target.made({ pad: 'x'.repeat(12_500) }), /too-long/);
});
