import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fields } from '../../../http/fields.ts';
import { handedOnText, readHandedOn } from './handed-on.ts';

const one = Buffer.from('one');
const two = Buffer.from('two!');
const field = (bytes: Buffer): string => `:${bytes.toString('base64')}:`;

test('a certificate with its chain (RFC 9440)', () => {
  assert.deepEqual(readHandedOn(field(one), undefined), { raw: one, chain: [] });
  assert.deepEqual(readHandedOn(field(one), `${field(two)},\t ${field(one)}`), {
    raw: one,
    chain: [two, one],
  });
});

test('the longest certificate, with as many others as there may be', () => {
  const longest = Buffer.alloc(16_384, 1);
  const chain = Array<string>(5).fill(field(longest)).join(', ');
  assert.deepEqual(readHandedOn(field(longest), chain), { raw: longest, chain: Array(5).fill(longest) });
});

/** RFC 9651 has readers take these, and means the same by them. */
for (const text of [':dHdvIQ==:', ':dHdvIQ:', ':dHdvIR==:', ' :dHdvIQ==: ', ':dHdvIQ==:;a=1'])
  test(`read: ${text}`, () => assert.deepEqual(readHandedOn(text, undefined)?.raw, two));

const malformed: readonly (readonly [what: string, certificate: string, chain?: string])[] = [
  ['empty', ''],
  ['without colons', one.toString('base64')],
  ['one colon', `:${one.toString('base64')}`],
  ['nothing between the colons', '::'],
  ['PEM, encoded for URLs', '-----BEGIN%20CERTIFICATE-----%0AMIIB'],
  ['a string', `"${one.toString('base64')}"`],
  ['two of them', `${field(one)}, ${field(two)}`],
  ['two of them in one', `${field(one)}${field(two)}`],
  ['a line break in it', ':b2\nbl:'],
  ['base64url', ':-_-_:'],
  ['padding within', ':b25l====:'],
  ['too long', field(Buffer.alloc(16_400))],
  ['what is too long by its parameters', `${field(two)}${';a=1'.repeat(6_000)}`],
  ['a chain that is empty', field(one), ''],
  ['a chain with a hole', field(one), `${field(two)},,${field(two)}`],
  ['a chain with something else', field(one), `${field(two)}, x`],
  ['a chain that is too long', field(one), Array(6).fill(field(two)).join(',')],
  ['a chain that is too long by its parameters', field(one), `${field(two)}${';a=1'.repeat(30_000)}`],
  ['a member of the chain that is too long', field(one), field(Buffer.alloc(16_400))],
];

for (const [what, certificate, chain] of malformed) {
  test(`not read: ${what}`, () => assert.equal(readHandedOn(certificate, chain), undefined));
}

test('long fields are refused in little time', () => {
  assert.equal(readHandedOn(`:${'='.repeat(1_000_000)}`, undefined), undefined);
  for (const chain of [',', ' \t', '(', ':A', '"\\', `${' '.repeat(50)}x`])
    assert.equal(readHandedOn(field(one), chain.repeat(80_000 / chain.length)), undefined, chain);
});

test('several lines, and a chain alone, come to what cannot be read', () => {
  const text = (...flat: readonly string[]) => handedOnText(new Fields([...flat]));
  assert.equal(text('accept', '*/*', 'x-client-cert', field(one), 'client_cert', field(one)), undefined);
  const twice = text('client-cert', field(one), 'client-cert', field(two))!;
  assert.equal(readHandedOn(twice.certificate, twice.chain), undefined);
  const alone = text('client-cert-chain', field(one))!;
  assert.equal(readHandedOn(alone.certificate, alone.chain), undefined);
  const lines = text(
    'client-cert-chain',
    field(one),
    'client-cert',
    field(one),
    'client-cert-chain',
    field(two),
  )!;
  assert.deepEqual(readHandedOn(lines.certificate, lines.chain), { raw: one, chain: [one, two] });
});
