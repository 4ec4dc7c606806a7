import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  maxTargetLength,
  parseRequestTarget,
  parseRequestTargetCarefully,
  type TargetReason,
  targetReasons,
} from './request-target.ts';

const accepted: [raw: string, path: string, query: string, authority?: string][] = [
  ['/', '/', ''],
  ['/items/42?q=widget&page=2', '/items/42', 'q=widget&page=2'],
  ['/items/', '/items/', ''],
  ['/items?', '/items', ''],
  ["/a-b._~!$&'()*+,=:@/c", "/a-b._~!$&'()*+,=:@/c", ''],
  ['/?a=/?b', '/', 'a=/?b'],
  // Percent-encodings.
  ['/%41%7e%2D', '/A~-', ''],
  ['/caf%c3%a9', '/caf%C3%A9', ''],
  ['/caf%C3%A9/%61', '/caf%C3%A9/a', ''],
  ['/%e2%82%ac/%F0%9F%98%80', '/%E2%82%AC/%F0%9F%98%80', ''],
  ['/a%3bb%20c%3f%23', '/a%3Bb%20c%3F%23', ''],
  ['/a%c2%a0', '/a%C2%A0', ''],
  ['/100%25', '/100%25', ''],
  ['/100%25zz', '/100%25zz', ''],
  ['/%25x', '/%25x', ''],
  // Dots that are no dot segments.
  ['/.well-known/x', '/.well-known/x', ''],
  ['/.../..a/a../a.b', '/.../..a/a../a.b', ''],
  ['/%2e%2e%2e', '/...', ''],
  // Query.
  ['/a?x=%41%2f%5c%0a%ff', '/a', 'x=%41%2f%5c%0a%ff'],
  ['/a?..//;x=%252f', '/a', '..//%3Bx=%252f'],
  ['/a?f[]=1&j={"a|b"}', '/a', 'f%5B%5D=1&j=%7B%22a%7Cb%22%7D'],
  ['/a?^`<>\\', '/a', '%5E%60%3C%3E%5C'],
  // Absolute-form.
  ['http://Example.com/a?b', '/a', 'b', 'example.com'],
  ['HTTPS://example.com:8443/', '/', '', 'example.com:8443'],
  ['http://example.com', '/', '', 'example.com'],
  ['http://example.com?q', '/', 'q', 'example.com'],
  ['http://[2001:DB8::0]:80/%61', '/a', '', '[2001:db8::]:80'],
];

const refused: [raw: string, reason: TargetReason][] = [
  ['', 'empty'],
  ['*', 'asterisk-form'],
  ['example.com:443', 'authority-form'],
  ['[::1]:443', 'authority-form'],
  ['items', 'no-leading-slash'],
  ['?q', 'no-leading-slash'],
  ['http:/a', 'no-leading-slash'],
  ['%2Fa', 'no-leading-slash'],
  ['ftp://example.com/', 'scheme'],
  ['httpx://example.com/', 'scheme'],
  ['http:///a', 'authority'],
  ['http://user@example.com/', 'authority'],
  ['http://example.com:0/', 'authority'],
  ['http://example.com:65536/', 'authority'],
  ['http://exa mple.com/', 'authority'],
  ['http://example.com\\@evil.example/', 'authority'],
  ['/a#b', 'fragment'],
  ['/a?b#c', 'fragment'],
  ['http://example.com#c', 'fragment'],
  ['/a\0', 'control-character'],
  ['/a\x7f', 'control-character'],
  ['/a%00', 'control-character'],
  ['/a%1F', 'control-character'],
  ['/a%7f', 'control-character'],
  ['/a%0d%0aX:y', 'control-character'],
  ['/a%C2%85', 'control-character'],
  ['/a%c2%9f', 'control-character'],
  ['/a?b\t', 'control-character'],
  ['/a?b%00', 'control-character'],
  ['/caf\xe9', 'non-ascii'],
  ['/a?\xe9', 'non-ascii'],
  ['/\u20ac', 'non-ascii'],
  ['/a b', 'forbidden-character'],
  ['/a?b c', 'forbidden-character'],
  ['/a|b', 'forbidden-character'],
  ['/{id}', 'forbidden-character'],
  ['/a[0]', 'forbidden-character'],
  ['/a"', 'forbidden-character'],
  ['/%', 'percent-encoding'],
  ['/%4', 'percent-encoding'],
  ['/%4?1', 'percent-encoding'],
  ['/%zz', 'percent-encoding'],
  ['/%u002f', 'percent-encoding'],
  ['/a?%', 'percent-encoding'],
  ['/a?%g0', 'percent-encoding'],
  ['/%c0%af', 'utf-8'],
  ['/%e0%80%af', 'utf-8'],
  ['/%ed%a0%80', 'utf-8'],
  ['/%f4%90%80%80', 'utf-8'],
  ['/%ff', 'utf-8'],
  ['/%c3', 'utf-8'],
  ['/%c3/%a9', 'utf-8'],
  ['/%a9', 'utf-8'],
  ['/a%2fb', 'encoded-slash'],
  ['/a%2Fb', 'encoded-slash'],
  ['/a%5cb', 'backslash'],
  ['/a\\b', 'backslash'],
  ['//', 'empty-segment'],
  ['//evil.example/a', 'empty-segment'],
  ['/a//b', 'empty-segment'],
  ['/a//', 'empty-segment'],
  ['http://example.com//', 'empty-segment'],
  ['/.', 'dot-segment'],
  ['/..', 'dot-segment'],
  ['/./a', 'dot-segment'],
  ['/a/..', 'dot-segment'],
  ['/a/..;/b', 'dot-segment'],
  ['/a/%2e.;v=1', 'dot-segment'],
  ['/.;', 'dot-segment'],
  ['/a/../b', 'dot-segment'],
  ['/a/..?b', 'dot-segment'],
  ['/a/%2e%2E/b', 'dot-segment'],
  ['/a/.%2e/', 'dot-segment'],
  ['/%2e', 'dot-segment'],
  ['http://example.com/../a', 'dot-segment'],
  ['/a%252fb', 'double-encoding'],
  ['/a%2541', 'double-encoding'],
  ['/a%25%32%66', 'double-encoding'],
  ['/a%25%2541', 'double-encoding'],
];

test('path parameters are told', () => {
  const told: readonly [raw: string, path: string][] = [
    ['/a;v=1?b;c', '/a;v=1'],
    ['/%61;', '/a;'],
    ['http://example.com/a/;v=%31/b', '/a/;v=1/b'],
    ['/a/...;x', '/a/...;x'],
  ];
  for (const [raw, path] of told) {
    const target = parseRequestTarget(raw);
    assert.ok(target.kind === 'target' && target.pathParameters, raw);
    assert.equal(target.path, path);
  }
});

test('accepted targets get their canonical spelling', () => {
  for (const [raw, path, query, authority] of accepted) {
    const expected = { kind: 'target', path, query, ...(authority === undefined ? {} : { authority }) };
    assert.deepEqual(parseRequestTarget(raw), expected, raw);
    assert.deepEqual(parseRequestTargetCarefully(raw), expected, raw);
  }
});

test('refused targets say why', () => {
  for (const [raw, reason] of refused) {
    assert.deepEqual(parseRequestTarget(raw), { kind: 'fault', reason }, raw);
    assert.deepEqual(parseRequestTargetCarefully(raw), { kind: 'fault', reason }, raw);
  }
  // The operation says where there may be a path parameter.
  const elsewhere = ['too-long', 'path-parameter'];
  const tested = new Set<string>([...refused.map(([, reason]) => reason), ...elsewhere]);
  assert.deepEqual(new Set(Object.keys(targetReasons)), tested, 'every reason has a vector');
});

test('targets are at most 8192 characters, as sent and as forwarded', () => {
  const longest = `/${'a'.repeat(maxTargetLength - 1)}`;
  assert.equal(parseRequestTarget(longest).kind, 'target');
  const tooLong = { kind: 'fault', reason: 'too-long' };
  assert.deepEqual(parseRequestTarget(`${longest}a`), tooLong);
  assert.deepEqual(parseRequestTarget(`/?${'['.repeat(maxTargetLength / 2)}`), tooLong);
});

// Pieces that the rules are about, joined at random, reach every branch much more often than random text.
const piece = fc.oneof(
  fc.constantFrom(
    '/',
    '/',
    '.',
    '..',
    '%',
    '%2',
    '%25',
    '%2e',
    '%2F',
    '%5c',
    '%00',
    '%41',
    '%3b',
    '%c3',
    '%A9',
  ),
  fc.constantFrom(
    '%e2%82%ac',
    '%c0%af',
    '%C2%80',
    ';',
    '?',
    '#',
    '\\',
    '[',
    '|',
    ' ',
    '\0',
    '\xe9',
    '*',
    ':',
  ),
  fc.constantFrom('a', 'Zz9', '41', '2f', 'http://', 'https://', 'example.com', '@', '"', '~', '+', '='),
);
const target = fc.oneof(
  fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`),
  fc.string({ unit: 'binary-ascii' }).map((text) => `/${text}`),
);

test('the fast path and the careful way agree', () => {
  fc.assert(
    fc.property(target, (raw) => {
      assert.deepEqual(parseRequestTarget(raw), parseRequestTargetCarefully(raw));
    }),
    { numRuns: 5000 },
  );
});

test('a result parses to itself', () => {
  fc.assert(
    fc.property(target, (raw) => {
      const first = parseRequestTarget(raw);
      if (first.kind === 'fault') return;
      const { authority: _, ...expected } = first;
      const { path, query } = first;
      assert.deepEqual(parseRequestTarget(query === '' ? path : `${path}?${query}`), expected);
    }),
    { numRuns: 5000 },
  );
});

test('what is accepted is what every reader of URIs sees', () => {
  fc.assert(
    fc.property(target, (raw) => {
      const result = parseRequestTarget(raw);
      if (result.kind === 'fault') return;
      const { path, query, pathParameters = false } = result;
      assert.match(path, /^(?:\/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})*)+$/);
      assert.equal(path.includes(';'), pathParameters);
      assert.doesNotMatch(path.replaceAll(/;[^/]*/g, ''), /\/\.\.?(?:\/|$)/);
      assert.match(query, /^(?:[A-Za-z0-9._~!$&'()*+,=:@/?-]|%[0-9A-Fa-f]{2})*$/);
      // An independent parser neither resolves a segment away nor finds another path after one more decoding.
      const url = new URL(`http://h${path}${query === '' ? '' : `?${query}`}`);
      assert.equal(url.pathname, path);
      const segments = path.split('/').map(decodeURIComponent);
      assert.equal(segments[0], '');
      for (const segment of segments) assert.doesNotMatch(segment, /^\.\.?$|[/\\\0-\x1f\x7f]|%[0-9a-f]{2}/i);
      assert.ok(!segments.slice(1, -1).includes(''));
    }),
    { numRuns: 5000 },
  );
});
