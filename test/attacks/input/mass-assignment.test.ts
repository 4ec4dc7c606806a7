import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { testAttacks } from './attack-table.ts';
import { type Attack, startLenientService } from './lenient-service.ts';

/** Fields that nobody offered (CWE-915), and those that only replies have. */

const service = await startLenientService({ after });
const json = ['Content-Type: application/json'];
const form = ['Content-Type: application/x-www-form-urlencoded'];
const request = 'PATCH /accounts';

const sent = (name: string, body: string, bare: string, wrong: string, fields = json): Attack => ({
  name,
  request,
  fields,
  body,
  bare,
  here: `400 body-invalid ${wrong}`,
});

testAttacks(service, [
  sent('a field that is only read', '{"name":"a","role":"admin"}', 'role admin', '/role readOnly'),
  sent(
    'the same in an object further in',
    '{"profile":{"isAdmin":true}}',
    'an administrator by profile',
    '/profile/isAdmin readOnly',
  ),
  sent('the same in another case', '{"Role":"admin"}', 'role admin', '/Role unknown'),
  sent('the same with escapes', '{"\\u0072ole":"admin"}', 'role admin', '/role readOnly'),
  sent('the same with escapes, in another case', '{"\\u0052OLE":"admin"}', 'role admin', '/ROLE unknown'),
  sent(
    'the same with escapes, further in',
    '{"profile":{"isAdm\\u0069n":true}}',
    'an administrator by profile',
    '/profile/isAdmin readOnly',
  ),
  sent(
    'the same behind a harmless one, ended by an escape',
    '{"name":"a","role\\u0000":"admin"}',
    'role admin',
    '/role\0 unknown',
  ),
  sent(
    'the same behind a harmless one of its name',
    '{"role":"user","role":"admin"}',
    'role admin',
    '/role member-twice',
  ),
  sent(
    'the same twice, once with escapes',
    '{"name":"a","role":"user","r\\u006fle":"admin"}',
    'role admin',
    '/role member-twice',
  ),
  sent('in a form', 'name=a&role=admin', 'role admin', '/role readOnly', form),
  sent(
    'in a form, with brackets',
    'profile[isadmin]=1&name=a',
    'an administrator by profile',
    '/profile[isadmin] unknown',
    form,
  ),
  sent(
    'by way of the prototype',
    '{"__proto__":{"isAdmin":true}}',
    'every object is an administrator',
    '/__proto__ prototype',
  ),
  sent(
    'by way of the prototype, with escapes',
    '{"__pr\\u006fto__":{"isAdmin":true}}',
    'every object is an administrator',
    '/__proto__ prototype',
  ),
  sent(
    'by way of the constructor',
    '{"name":"a","constructor":{"prototype":{"isAdmin":true}}}',
    'every object is an administrator',
    '/constructor/prototype prototype',
  ),
  sent(
    'a field that one alternative has to read',
    '{"cards":[{"card":"1","limit":9}]}',
    'a card with a limit of 9',
    '/cards/0/limit readOnly',
  ),
  sent(
    'a field of the other alternative',
    '{"cards":[{"iban":"1","limit":9}]}',
    'a card with a limit of 9',
    '/cards/0/limit unknown',
  ),
  sent('behind a comment', '{"name":"a",/**/"role":"admin"}', 'role admin', '/name syntax'),
]);

test('what is offered passes', async () => {
  const body = '{"name":"a","profile":{"city":"b"},"cards":[{"card":"1"}]}';
  assert.equal(await service.here({ request, fields: json, body }), '200 role user');
  assert.equal(await service.here({ request, fields: form, body: 'name=a' }), '200 role user');
});

test('stripped, what is only read goes the same way as what is unknown', async (t) => {
  const stripping = await startLenientService(t, 'unknownFields: strip');
  const body = '{"name":"a","role":"admin","x":1,"profile":{"city":"b","isAdmin":true}}';
  assert.equal(await stripping.bare({ request, fields: json, body }), 'an administrator by profile');
  assert.equal(await stripping.here({ request, fields: json, body }), '200 role user');
});
