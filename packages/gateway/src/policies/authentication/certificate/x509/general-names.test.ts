import assert from 'node:assert/strict';
import { test } from 'node:test';
import { der, generalName, sequence } from '../testing/authority.ts';
import { DerFault, readWhole, tags } from './der.ts';
import { type GeneralNames, readGeneralNames } from './general-names.ts';

const read = (...names: readonly Buffer[]): GeneralNames =>
  readGeneralNames(readWhole(sequence(...names), tags.sequence));

/** Everything that was read, as one text. */
function shown({ dns, email, uri, ip, directory, others }: GeneralNames): string {
  const rest = [...ip.map((each) => each.toString('hex')), ...directory.map(({ text }) => text), ...others];
  return [...dns, ...email, ...uri, ...rest].join(' ');
}

const label = 'a'.repeat(63);
const host = `${`${label}.`.repeat(3)}${'b'.repeat(61)}`;

/** Undefined is what must be refused. */
const vectors: readonly (readonly [written: string, read: string | undefined])[] = [
  ['dns:A.Example', 'a.example'],
  ['dns:a', 'a'],
  ['dns:_a.b-c.example', '_a.b-c.example'],
  ['dns:xn--a.example', 'xn--a.example'],
  ['dns:*.a.example', '*.a.example'],
  ['dns:*', undefined],
  ['dns:*.*.a.example', undefined],
  ['dns:a.*.example', undefined],
  ['dns:*a.example', undefined],
  ['dns:', undefined],
  ['dns:.a.example', undefined],
  ['dns:a..example', undefined],
  ['dns:-a.example', undefined],
  ['dns:a-.example', undefined],
  ['dns:a.example\n', undefined],
  [`dns:${label}.example`, `${label}.example`],
  [`dns:a${label}.example`, undefined],
  [`dns:${host}`, host],
  [`dns:${host}b`, undefined],
  ['email:A.b+c@A.Example', 'A.b+c@a.example'],
  [`email:${'a'.repeat(64)}@a.example`, `${'a'.repeat(64)}@a.example`],
  [`email:${'a'.repeat(65)}@a.example`, undefined],
  ['email:@a.example', undefined],
  ['email:a.example', undefined],
  ['email:a@', undefined],
  ['email:a b@a.example', undefined],
  ['email:a@b@a.example', undefined],
  ['email:a@a.example@', undefined],
  ['uri:URN:a', 'URN:a'],
  ["uri:https://[::1]/a?b=c#d!$&'()*+,;%20~", "https://[::1]/a?b=c#d!$&'()*+,;%20~"],
  ['uri:urn:', undefined],
  ['uri::a', undefined],
  ['uri:1a:b', undefined],
  ['uri:/a', undefined],
  ['uri:urn:a"', undefined],
  ['uri:urn:a\n', undefined],
  [`uri:a${'+'.repeat(31)}:b`, `a${'+'.repeat(31)}:b`],
  [`uri:a${'+'.repeat(32)}:b`, undefined],
  [`uri:urn:${'a'.repeat(2_048)}`, `urn:${'a'.repeat(2_048)}`],
  [`uri:urn:${'a'.repeat(2_049)}`, undefined],
  ['ip:7f000001', '7f000001'],
  [`ip:${'0'.repeat(32)}`, '0'.repeat(32)],
  ['ip:', undefined],
  ['ip:7f0000', undefined],
  [`ip:${'0'.repeat(16)}`, undefined],
  [`ip:${'0'.repeat(34)}`, undefined],
  ['dir:O=a,CN=b', 'CN=b,O=a'],
  ['other:x', String(0xa0)],
  ['rid:1.2.3', String(0x88)],
];

for (const [written, expected] of vectors) {
  test(`${JSON.stringify(written.slice(0, 80))} is ${expected === undefined ? 'refused' : 'read'}`, () => {
    if (expected === undefined) assert.throws(() => read(generalName(written)), DerFault);
    else assert.equal(shown(read(generalName(written))), expected);
  });
}

test('there are one to a hundred names', () => {
  const names = (count: number): number =>
    read(...Array<Buffer>(count).fill(generalName('dns:a'))).dns.length;
  assert.throws(() => names(0), DerFault);
  assert.equal(names(1), 1);
  assert.equal(names(100), 100);
  assert.throws(() => names(101), DerFault);
});

test('a directory name is one name', () => {
  assert.throws(() => read(der(0xa4)), DerFault);
  assert.throws(() => read(der(0xa4, sequence(), sequence())), DerFault);
  assert.equal(read(der(0xa4, sequence())).directory[0]?.isEmpty, true);
});
