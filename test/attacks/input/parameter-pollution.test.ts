import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { testAttacks } from './attack-table.ts';
import { type Attack, startLenientService } from './lenient-service.ts';

/** One name in two places or spellings (CWE-235): one reader looks at the one, and another acts on the other. */

const service = await startLenientService({ after });
const moved = 'moved 9000 to shop';

const asked = (name: string, query: string, wrong: string, bare = moved): Attack => ({
  name,
  request: `POST /transfers?to=shop&${query}`,
  bare,
  here: `400 parameters-invalid ${wrong}`,
});

const tenant = (name: string, lines: readonly string[], wrong: string, bare = 'tenant other'): Attack => ({
  name,
  request: 'GET /tenants',
  fields: lines,
  bare,
  here: wrong,
});

const cookie = (name: string, lines: readonly string[], here: string): Attack => ({
  name: `a cookie: ${name}`,
  request: 'GET /plans',
  fields: lines.map((line) => `Cookie: ${line}`),
  bare: 'plan gold',
  here,
});

testAttacks(service, [
  asked('a parameter twice', 'amount=1&amount=9000', 'amount duplicate'),
  asked('a parameter twice, once encoded', 'amount=1&%61mount=9000', 'amount duplicate'),
  asked('a parameter in another case', 'amount=1&Amount=9000', 'Amount unknown'),
  asked('a list beside it', 'amount=1&amount[]=9000', 'amount[] unknown'),
  asked('a list beside it, encoded', 'amount=1&amount%5B%5D=9000', 'amount[] unknown'),
  asked('a blank before the name', 'amount=1&+amount=9000', ' amount unknown'),
  asked('a blank behind the name', 'amount=1&amount%20=9000', 'amount  unknown'),
  asked('a semicolon between two', 'amount=1;amount=9000', 'amount type'),
  asked(
    'a semicolon behind a parameter that is text',
    'amount=1&to=shop;to=me',
    'to duplicate',
    'moved 1 to me',
  ),
  {
    name: 'in the body beside the query',
    request: 'POST /transfers?to=shop&amount=1',
    fields: ['Content-Type: application/json'],
    body: '{"amount":9000}',
    bare: moved,
    here: '400 body-invalid /amount unknown',
  },
  {
    name: 'in a form beside the query',
    request: 'POST /transfers?to=shop&amount=1',
    fields: ['Content-Type: application/x-www-form-urlencoded'],
    body: 'amount=9000',
    bare: moved,
    here: '415 media-type-unsupported',
  },
  tenant('a field twice', ['X-Tenant: mine', 'X-Tenant: other'], '400 parameters-invalid x-tenant duplicate'),
  // Servers by CGI take the one for the other.
  tenant(
    'an underscore for a hyphen',
    ['X-Tenant: mine', 'X_Tenant: other'],
    '400 parameters-invalid x-tenant duplicate',
  ),
  tenant(
    'a field twice, in two cases',
    ['x-tenant: mine', 'X-TENANT: other'],
    '400 parameters-invalid x-tenant duplicate',
  ),
  tenant(
    'a list in a field',
    ['X-Tenant: mine, other'],
    '400 parameters-invalid x-tenant enum',
    'tenant mine, other',
  ),
  cookie('twice', ['plan=free; plan=gold'], '400 parameters-invalid plan duplicate'),
  cookie('in two fields', ['plan=free', 'plan=gold'], '400 parameters-invalid plan duplicate'),
  cookie('in capitals', ['plan=free; Plan=gold'], '400 parameters-invalid plan duplicate'),
  cookie('with an escape', ['plan=free; pl%61n=gold'], '400 parameters-invalid plan duplicate'),
  cookie('in capitals alone', ['PLAN=gold'], '400 parameters-invalid plan duplicate plan required'),
  cookie('behind a comma', ['plan=free, plan=gold'], '400 parameters-invalid plan enum'),
  cookie('within quotes', ['plan=free; x="a; plan=gold"'], '400 parameters-invalid plan duplicate'),
]);

test('what is meant passes', async () => {
  assert.equal(await service.here({ request: 'POST /transfers?to=shop&amount=1' }), '200 moved 1 to shop');
  assert.equal(
    await service.here({ request: 'GET /tenants', fields: ['X-Tenant: mine'] }),
    '200 tenant mine',
  );
  assert.equal(await service.here({ request: 'GET /plans', fields: ['Cookie: plan=free'] }), '200 plan free');
});
