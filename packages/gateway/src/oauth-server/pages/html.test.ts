import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { escapeHtml, Html, html } from './html.ts';
import { destination } from './layout.ts';

test('texts are escaped, markup is not, lists are joined, nothing is nothing', () => {
  const inner = html`<b>${'<x>'}</b>`;
  assert.equal(html`${inner}${[inner, inner]}${undefined}${1}`.text, `${'<b>&#60;x&#62;</b>'.repeat(3)}1`);
  assert.ok(inner instanceof Html);
});

test('no text gets out of an attribute or opens a tag, and each comes back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const escaped = escapeHtml(text);
      assert.doesNotMatch(escaped, /[<>"']/);
      assert.doesNotMatch(escaped, /&(?!#\d+;)/);
      assert.equal(
        escaped.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))),
        text,
      );
    }),
  );
});

test('a destination is what people recognise', () => {
  const vectors: readonly (readonly [string, string])[] = [
    ['https://app.example/cb?x=1', 'app.example'],
    ['https://app.example:8443/cb', 'app.example:8443'],
    ['https://xn--bcher-kva.example/', 'xn--bcher-kva.example'],
    ['http://127.0.0.1:5000/cb', 'an application on this device (127.0.0.1:5000)'],
    ['com.example.app:/cb', 'an application on this device (com.example.app:)'],
  ];
  for (const [uri, shown] of vectors) assert.equal(destination(uri), shown);
});
