import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { assertCost, largeBound, noProc, residentMemory } from './cost.ts';
import { startLenientService } from './lenient-service.ts';

/** JSON that costs more than it weighs. */

const service = await startLenientService({ after });
const { pid } = service.gateway;
const fields = ['Content-Type: application/json'];
const request = 'POST /documents';
const MiB = 1_048_576;

/** Names with one and the same hash, by 31 times what was before: `Aa` and `BB` have it, and so has what is made of them. */
function colliding(count: number): string[] {
  const names: string[] = [];
  const bits = Math.ceil(Math.log2(count));
  for (let i = 0; i < count; i++) {
    let name = '';
    for (let bit = 0; bit < bits; bit++) name += (i >> bit) & 1 ? 'BB' : 'Aa';
    names.push(name);
  }
  return names;
}

const objectOf = (names: readonly string[]): string => `{${names.map((name) => `"${name}":0`).join()}}`;
const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

const bombs: readonly (readonly [name: string, body: string, here: string])[] = [
  ['100,000 levels of lists', deep, `400 body-invalid ${'/0'.repeat(64)} depth`],
  [
    '100,000 levels of objects',
    `${'{"a":'.repeat(100_000)}0${'}'.repeat(100_000)}`,
    `400 body-invalid ${'/a'.repeat(64)} depth`,
  ],
  ['100,000 levels that never end', '['.repeat(100_000), `400 body-invalid ${'/0'.repeat(64)} depth`],
  ['a million names with one hash', objectOf(colliding(1_000_000)), '413 body-too-large'],
  ['20,000 names with one hash', objectOf(colliding(20_000)), '400 body-invalid /:name: members'],
  [
    'a thousand objects of 50 such names each',
    `[${new Array(1_000).fill(objectOf(colliding(50))).join()}]`,
    '400 body-invalid /:place: values',
  ],
  ['a million items', `[${'0,'.repeat(500_000)}0]`, '400 body-invalid /:place: values'],
  ['very many lists', `[${'[],'.repeat(300_000)}[]]`, '400 body-invalid /:place: values'],
  ['lists of lists', `[${'[[[[]]]],'.repeat(20_000)}[]]`, '400 body-invalid /:place: values'],
  ['a string of 20 MiB', `"${'a'.repeat(20 * MiB)}"`, '413 body-too-large'],
  ['a string of escapes that never ends', `"${'\\u0061'.repeat(150_000)}`, '400 body-invalid syntax'],
  ['a number of a million digits', '1'.repeat(1_000_000), '400 body-invalid number-length'],
  ['a number with a large exponent', '1e999999999', '400 body-invalid number-precision'],
  ['a number with very many zeros', `0.${'0'.repeat(900_000)}1`, '400 body-invalid number-length'],
  ['blanks', `${' '.repeat(1_000_000)}`, '400 body-invalid syntax'],
  [
    'a name of a million characters, twice',
    `{"${'a'.repeat(500_000)}":0,"${'a'.repeat(500_000)}":0}`,
    '400 body-invalid /:name: member-twice',
  ],
];

/** Names and numbers of items that the scanner stopped at depend on what came before. */
function matcher(expected: string): RegExp {
  const escaped = expected.replace(/[.+$()[\]{}]/g, '\\$&');
  return new RegExp(
    `^${escaped.replace(':name:', '(?:Aa|BB|a){1,199}(?:â\x80¦)?').replace(':place:', '[0-9]+(?:/[0-9A-Ba]+)*')}$`,
  );
}

test('what they do to a service', async () => {
  const names = 4_000;
  const collided = await service.bare({ request, fields, body: objectOf(colliding(names)) });
  assert.equal(collided, `${(names * (names + 1)) / 2} steps`, 'each name is compared with all before it');
  const others = Array.from({ length: names }, (_, i) => `name${i}`);
  const usual = Number((await service.bare({ request, fields, body: objectOf(others) })).split(' ')[0]);
  assert.ok(usual < 2 * names, `${usual} steps for names that nobody chose`);
  assert.equal(await service.bare({ request, fields, body: deep }), 'crashed: RangeError');
});

for (const [name, body, here] of bombs) {
  test(`${name}: refused`, async () => {
    const before = service.arrived();
    assert.match(await service.here({ request, fields, body }), matcher(here));
    assert.equal(service.arrived(), before);
  });
}

test('and it costs little: processor time of the whole process', { skip: noProc }, async () => {
  for (const [name, body] of bombs) {
    const send = (): Promise<string> => service.here({ request, fields, body });
    await assertCost(pid, name, send, largeBound);
  }
});

test('nor is memory held: of each no more than the bound on a body', { skip: noProc }, async () => {
  const before = residentMemory(pid);
  for (const [, body] of bombs)
    await Promise.all(Array.from({ length: 8 }, () => service.here({ request, fields, body })));
  const grown = residentMemory(pid) - before;
  assert.ok(grown < 150 * MiB, `${Math.round(grown / MiB)} MiB more`);
});

test('replies to bombs are small, and say where', async () => {
  const [, body] = bombs[0]!;
  const said = await service.here({ request, fields, body });
  assert.ok(said.length < 400, said);
});
