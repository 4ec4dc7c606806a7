import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { testAttacks } from './attack-table.ts';
import { type Attack, startLenientService } from './lenient-service.ts';

/** Content that one reader takes for one thing and another for something else. */

const service = await startLenientService({ after });
const evil = '{"name":"a","role":"admin"}';
const unsupported = '415 media-type-unsupported';

const sent = (
  name: string,
  types: string | readonly string[],
  here: string,
  body: string | Buffer = evil,
): Attack => ({
  name,
  request: 'PATCH /accounts',
  fields: [types].flat().map((type) => `Content-Type: ${type}`),
  body,
  bare: 'role admin',
  here,
});

const utf7 = evil.replace('"role"', '"+AHIAbwBsAGU-"');

testAttacks(service, [
  sent('JSON as text, as a page of another origin may send it', 'text/plain', unsupported),
  sent('JSON as what nobody knows', 'application/x-unknown', unsupported),
  sent(
    'JSON as a form',
    'application/x-www-form-urlencoded',
    '400 body-invalid /{"name":"a","role":"admin"} unknown',
  ),
  sent('a form as JSON', 'application/json', '400 body-invalid syntax', 'name=a&role=admin'),
  sent('JSON without a type', [], unsupported),
  sent('two types', ['text/plain', 'application/json'], '400 malformed-request'),
  sent('two types in one', 'application/json, text/plain', unsupported),
  sent('a parameter behind a tab', 'application/json\t; a=b', '400 body-invalid /role readOnly'),
  sent('a type in capitals', 'APPLICATION/JSON', '400 body-invalid /role readOnly'),
  sent('a type and something behind it', 'application/json text/plain', unsupported),
  sent('another suffix', 'application/vnd.account+json', unsupported),
  sent('UTF-16, said', 'application/json; charset=utf-16', unsupported, Buffer.from(evil, 'utf16le')),
  sent(
    'UTF-16, by its mark',
    'application/json',
    '400 body-invalid charset',
    Buffer.from(`\ufeff${evil}`, 'utf16le'),
  ),
  sent(
    'UTF-16 of the other order, said',
    'application/json; charset=utf-16be',
    unsupported,
    Buffer.from(evil, 'utf16le').swap16(),
  ),
  sent(
    'UTF-16 of the other order, by its mark',
    'application/json',
    '400 body-invalid charset',
    Buffer.from(`\ufeff${evil}`, 'utf16le').swap16(),
  ),
  sent(
    'UTF-16 without a mark, by its zeros',
    'application/json',
    '400 body-invalid syntax',
    Buffer.from(evil, 'utf16le').swap16(),
  ),
  sent('UTF-7, said', 'application/json; charset=utf-7', unsupported, utf7),
  sent('UTF-7, said twice', 'application/json; charset=utf-8; charset=utf-7', unsupported, utf7),
  sent('UTF-7, between quotes', 'application/json; charset="utf-7"', unsupported, utf7),
  sent('a mark at the beginning', 'application/json', '400 body-invalid encoding', `\ufeff${evil}`),
]);

test('the second reading is the one that would have passed', async () => {
  const fields = ['Content-Type: application/json'];
  // What is UTF-7 to one reader has a field of an odd name for another.
  assert.equal(
    await service.here({ request: 'PATCH /accounts', fields, body: utf7 }),
    '400 body-invalid /+AHIAbwBsAGU- unknown',
  );
  assert.equal(
    await service.here({ request: 'PATCH /accounts', fields, body: '{"name":"a"}' }),
    '200 role user',
  );
});
