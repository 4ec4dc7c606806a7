import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { testAttacks } from './attack-table.ts';
import { type Attack, startLenientService } from './lenient-service.ts';

/** Values of another type than the service thinks that it has. */

const service = await startLenientService({ after });
const fields = ['Content-Type: application/json'];

const asked = (name: string, query: string, bare: string, wrong: string): Attack => ({
  name: `a number: ${name}`,
  request: `GET /users?${query}`,
  bare,
  here: `400 parameters-invalid ${wrong}`,
});
const everybody = 'users admin, alice';

const login = (name: string, password: string, wrong: string, user = '"admin"'): Attack => ({
  name: `a password: ${name}`,
  request: 'POST /login',
  fields,
  body: `{"user":${user},"password":${password}}`,
  bare: 'signed in as admin',
  here: `400 body-invalid ${wrong}`,
});

testAttacks(service, [
  asked('a list', 'id[]=1&id[]=2', everybody, 'id[] unknown id[] unknown id required'),
  asked('a list with one item', 'id[]=2', 'users alice', 'id[] unknown id required'),
  asked('an operator', 'id[$gt]=0', everybody, 'id[$gt] unknown id required'),
  asked('an operator, encoded', 'id%5B%24ne%5D=9', everybody, 'id[$ne] unknown id required'),
  asked('another radix', 'id=0x1', 'users admin', 'id type'),
  asked('an exponent', 'id=1e0', 'users admin', 'id type'),
  asked('a sign', 'id=%2B1', 'users admin', 'id type'),
  asked('blanks', 'id=%20%201', 'users admin', 'id type'),
  asked('a line feed', 'id=1%0A', 'users admin', 'id type'),
  asked('a leading zero', 'id=01', 'users admin', 'id type'),
  asked('a fraction', 'id=1.0', 'users admin', 'id type'),
  asked('more digits than a double has', 'id=1.00000000000000000001', 'users admin', 'id type'),
  {
    name: 'a number: one more than a double tells apart',
    request: 'POST /transfers?to=shop',
    fields,
    body: '{"amount":9007199254740993}',
    bare: 'moved 9007199254740992 to shop',
    here: '400 body-invalid /amount number-precision',
  },
  asked('binary', 'id=0b1', 'users admin', 'id type'),
  login('an operator', '{"$gt":""}', '/password type'),
  login('another operator', '{"$ne":null}', '/password type'),
  login('an expression', '{"$regex":"^c"}', '/password type'),
  login('true', 'true', '/password type'),
  login('zero', '0', '/password type'),
  login('a list', '["wrong","correct horse"]', '/password type'),
  login('an operator in both', '{"$ne":1}', '/user type /password type', '{"$regex":"^adm"}'),
]);

test('numbers that no number type holds', async () => {
  for (const id of [
    '9007199254740993',
    '1'.repeat(400),
    '-1',
    'NaN',
    'Infinity',
    'null',
    'true',
    '',
    '1,2',
    '１',
  ])
    assert.match(
      await service.here({ request: `GET /users?id=${encodeURIComponent(id)}` }),
      /^400 parameters-invalid id (?:type|minimum)$/,
      id,
    );
});

test('what is meant passes', async () => {
  assert.equal(await service.here({ request: 'GET /users?id=1' }), '200 users admin');
  const body = '{"user":"alice","password":"battery staple"}';
  assert.equal(await service.here({ request: 'POST /login', fields, body }), '200 signed in as alice');
});
