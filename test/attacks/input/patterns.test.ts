import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { assertCost, largeBound, noProc } from './cost.ts';
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
  ['many texts', { mails: new Array(4_000).fill('a@'.repeat(100)) }, '400 body-invalid /mails/0 pattern'],
];

for (const [name, body, here] of texts) {
  test(`${name}: refused`, async () => {
    assert.equal(await service.here({ request, fields, body: JSON.stringify(body) }), here);
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
