import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { environment, exchange, preparePolicy } from '../../testing/exchange.ts';
import { waf } from './policy.ts';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-waf-'));
after(() => rmSync(folder, { recursive: true }));

writeFileSync(
  join(folder, 'rules.conf'),
  `SecRule ARGS "@rx (?:a+)+evil" "id:1,phase:2,deny,status:403,msg:'Evil'"
SecRule ARGS "@contains also evil" "id:2,phase:2,deny,status:403"
`,
);

const prepare = () => preparePolicy(waf, { rules: ['rules.conf'] }, environment({ folder }));

function post(body: string) {
  const fields = { 'content-type': 'application/json', 'content-length': String(body.length) };
  return exchange('POST /', { fields, body: Buffer.from(body) });
}

test('short requests are judged at once', async () => {
  const { body } = await prepare();
  assert.equal(body!(post('{"a":"b"}')), undefined);
  const verdict = body!(post('{"a":"aevil"}'));
  assert.ok(!(verdict instanceof Promise) && verdict?.kind === 'refuse');
});

test('long ones in steps, with the same verdict', async () => {
  const { body } = await prepare();
  const long = (end: string) => post(JSON.stringify({ a: `${'b'.repeat(100_000)}${end}` }));
  const innocent = body!(long('.'));
  assert.ok(innocent instanceof Promise);
  assert.equal(await innocent, undefined);
  for (const end of ['aevil', 'also evil']) assert.equal((await body!(long(end)))?.kind, 'refuse', end);
});

test('warms up in steps, and refuses nothing for it', async () => {
  const { warm, body } = await prepare();
  assert.ok([...warm!()].length > 10);
  assert.equal(body!(post('{"a":"b"}')), undefined);
});
