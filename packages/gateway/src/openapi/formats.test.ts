import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { addFormats } from './formats.ts';

const ajv = new Ajv2020({ strict: false });
addFormats(ajv);

const vectors: Readonly<Record<string, readonly [good: readonly string[], bad: readonly string[]]>> = {
  'date-time': [
    [
      '2024-02-29T23:59:59Z',
      '1990-12-31t23:59:60z',
      '1990-12-31T15:59:60-08:00',
      '2024-05-01T10:20:30.999999999999999Z',
    ],
    [
      '2023-02-29T00:00:00Z',
      '2024-05-01T24:00:00Z',
      '2024-05-01T12:00:60Z',
      '2024-05-01T12:00:00+01',
      '2024-05-01 12:00:00Z',
      '2024-13-01T00:00:00Z',
    ],
  ],
  duration: [
    ['P1Y2M3DT4H5M6S', 'P4W', 'PT36H', 'P1D'],
    ['P', 'PT', 'P1Y3D', 'PT1H3S', 'P1W2D', 'P1', 'p1d'],
  ],
  email: [
    ['a.b+c@example.com', 'x@[127.0.0.1]', 'x@[IPv6:::1]'],
    ['a..b@example.com', '"a b"@example.com', '@a.de', 'a@', 'a@b@c', 'a@exa_mple.com', 'a\n@example.com'],
  ],
  'idn-email': [['müller@bücher.example'], ['müller', 'a@b@ü', 'a＠b.example']],
  hostname: [
    ['localhost', 'a-b.example', 'xn--bcher-kva.example', `${'a'.repeat(63)}.de`],
    ['', 'a.', '.a', 'a..b', '-a', 'a-', 'a_b', `${'a'.repeat(64)}`, 'xn--a', 'ab--c', 'ü.de'],
  ],
  'idn-hostname': [
    ['bücher.example', '例え。テスト', 'l·l.example'],
    ['', '.', 'ü..de', '-ü', '\u0303a', 'a·b', `${'ü'.repeat(60)}.de`],
  ],
  uri: [
    ['https://a.example:8443/x?y#z', 'urn:isbn:0451450523', 'mailto:a@b.example', 'http://[::1]/'],
    [
      '/relative',
      '//host/x',
      'http://a b',
      'http://a/[x]',
      'http://a:b/',
      'http://[::g]/',
      'http://a/%zz',
      '1a://b',
    ],
  ],
  'uri-reference': [
    ['', '/x?y', '../a', 'a/b:c', '//h/x'],
    ['a:b:c d', '1:2', 'a"b', '\\x'],
  ],
  iri: [['https://bücher.example/ü?ö#ä'], ['/ü', 'http://a b', 'http://[fe80::g]/']],
  'iri-reference': [['ü/ö'], ['a\\b', 'ü ö']],
  'uri-template': [
    ['/a/{id}{?q,r*}{&x:3}', "it's"],
    ['/a/{id', '/a/}', '{a b}', '{}', 'a b'],
  ],
  uuid: [
    ['123e4567-e89b-12d3-a456-426614174000', '123E4567-E89B-12D3-A456-426614174000'],
    ['urn:uuid:123e4567-e89b-12d3-a456-426614174000', '123e4567e89b12d3a456426614174000'],
  ],
};

for (const [format, [good, bad]] of Object.entries(vectors)) {
  test(`format ${format}`, () => {
    const validate = ajv.compile({ format });
    for (const text of good) assert.equal(validate(text), true, text);
    for (const text of bad) assert.equal(validate(text), false, text);
  });
}

test('a hostile text takes linear time', () => {
  for (const format of Object.keys(vectors)) {
    const validate = ajv.compile({ format });
    for (const unit of ['a', '%41', '1', 'a.', 'a-', '{a,', 'ü', '-', ':', '@', '/', 'P1Y', '['])
      validate(unit.repeat(20_000));
  }
});
