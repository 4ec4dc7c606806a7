import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intermediates } from '../../../certificates/intermediates.ts';
import { BroughtAuthorities } from './brought-authorities.ts';
import { dn, type Made, root as makeRoot } from './testing/authority.ts';
import { Certificate } from './x509/certificate.ts';

const read = ({ raw }: Made): Certificate => new Certificate(raw);

const root = makeRoot(dn('CN=Root'));
const [one, other] = [root.authority(dn('CN=One')), root.authority(dn('CN=Other'))];
/** Two of one name, each below another. */
const [low, twin] = [one.authority(dn('CN=Low')), other.authority(dn('CN=Low'))];
const leaf = low.issue();
const stranger = root.authority(dn('CN=Stranger'));

function brought(...made: readonly Made[]): BroughtAuthorities {
  const authorities = new BroughtAuthorities(new Intermediates());
  const certificates = made.map(read);
  authorities.remember([read(leaf), ...certificates, read(root)], certificates);
  return authorities;
}

const subjects = (authorities: BroughtAuthorities, of: Made): string[] =>
  authorities.above(read(of)).map(({ subject }) => subject.text);

test('those that may stand above come level by level, and no others', () => {
  const all = brought(stranger, other, one, twin, low);
  assert.deepEqual(subjects(all, leaf), ['CN=Low', 'CN=Low', 'CN=Other', 'CN=One']);
  assert.deepEqual(subjects(all, low), ['CN=One']);
  assert.deepEqual(subjects(all, one), []);
});

test('authorities that stand above each other are each there once', () => {
  const [a, b] = [makeRoot(dn('CN=A')), makeRoot(dn('CN=B'))];
  const all = brought(a.authority(dn('CN=B')), b.authority(dn('CN=A')), a);
  assert.deepEqual(subjects(all, a.issue()), ['CN=A', 'CN=A', 'CN=B']);
});

test('what was sent along is remembered where it was needed, and neither the client nor who is trusted', () => {
  const authorities = new BroughtAuthorities(new Intermediates());
  const path = [leaf, low, one, root].map(read);
  authorities.remember(path, [path[0]!, path[2]!, path[3]!, read(stranger)]);
  assert.deepEqual(subjects(authorities, leaf), []);
  assert.deepEqual(subjects(authorities, low), ['CN=One']);
  assert.deepEqual(subjects(authorities, one), []);
});
