import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Danger, dangerIn, mayBeDangerous, newBudget } from './danger.ts';

const vectors: readonly (readonly [text: string, danger: Danger | undefined])[] = [
  ['<script>alert(1)</script>', 'element'],
  ['<ScRiPt/x>', 'element'],
  ['x<script', 'element'],
  ['<scr<script>ipt>', 'element'],
  ['<iframe src=//evil.example>', 'element'],
  ['<object data=x>', 'element'],
  ['<base href=//evil.example>', 'element'],
  ['<img src=x onerror=alert(1)>', 'handler'],
  ['<IMG SRC=x ONERROR=alert(1)>', 'handler'],
  ['<svg/onload=alert(1)>', 'handler'],
  ['<svg\nonload\n=\nalert(1)>', 'handler'],
  ['<img src="x"onerror=alert(1)>', 'handler'],
  ['<img title=">" onerror=alert(1)>', 'handler'],
  ['<img src=x onerror=alert(1)', 'handler'],
  ['<details open ontoggle=alert(1)>', 'handler'],
  ['<a href="javascript:alert(1)">', 'url'],
  ['<a href=" java\tscript:alert(1)">', 'url'],
  ['<a href=&#106;avascript&colon;alert(1)>', 'url'],
  ['<a href="java&Tab;script:alert(1)">', 'url'],
  [`<a href="${' '.repeat(300)}javascript:alert(1)">`, 'url'],
  [`<a href="java${'\n'.repeat(300)}script:alert(1)">`, 'url'],
  [`<a href="java${'&Tab;'.repeat(300)}script:alert(1)">`, 'url'],
  [`<a href="&#x${'0'.repeat(300)}6a;avascript:alert(1)">`, 'url'],
  [`<a href="&#${'0'.repeat(300)}106;avascript:alert(1)">`, 'url'],
  ['<a href="&#x6a&#97vascript&#58alert(1)">', 'url'],
  ['<a href="&#x110000;javascript:alert(1)">', 'url'],
  ['<a href="&#32;&nbsp;javascript:alert(1)">', 'url'],
  ['<a href="&#32;&#31;java&#9;s&#10;c&#13;r&#0;ipt:alert(1)">', 'url'],
  ['<a href="&#33;javascript:alert(1)">', undefined],
  ['<svg\ronload=alert(1)>', 'handler'],
  ['<img title=""onerror=alert(1)>', 'handler'],
  ["<img title='' onerror=alert(1)>", 'handler'],
  ['<img title="a\'b" alt=\'c"d\' onerror=alert(1)>', 'handler'],
  ['<img title="onerror=alert(1)', undefined],
  ['<a href="&#106ava script:alert(1)">', undefined],
  ['<a href="&x;javascript:alert(1)">', undefined],
  ['<a title="javascript:alert(1)">', undefined],
  ['<form action=javascript:alert(1)>', 'url'],
  ['<p srcdoc=x>', 'element'],
  ['javascript:alert(1)', 'url'],
  [' \x01JaVaScRiPt:alert(1)', 'url'],
  ['java\nscript:alert(1)', 'url'],
  ['data:text/html,<b>', 'url'],
  ['vbscript:x', 'url'],
  ['LiveScript:x', 'url'],
  ['data:application/xhtml+xml,<b>', 'url'],
  ['data:image/svg+xml,<b>', 'url'],
  [`${' '.repeat(100_000)}javascript:x`, 'url'],
  ['a < b and c > d', undefined],
  ['I <3 scripts, online = yes', undefined],
  ['<b>bold</b> <i class="on">x</i>', undefined],
  ['<b>once</b> onclick = what', undefined],
  ['<a href="https://shop.example/">x</a>', undefined],
  ['<p title="onerror=alert(1)">', undefined],
  ['<scripture>', undefined],
  ['the javascript: scheme', undefined],
  ['data:image/png;base64,AAAA', undefined],
  ['&lt;script&gt;', undefined],
  ['', undefined],
];

test('plain markup that scripts, and what only looks like it', () => {
  for (const [text, danger] of vectors) assert.equal(dangerIn(text, newBudget()), danger, text);
});

test('what is sought first is in all that is found', () => {
  for (const [text, danger] of vectors)
    if (danger !== undefined) {
      const json = JSON.stringify(text);
      assert.ok(json.includes('\\') || mayBeDangerous.test(json), text);
    }
});

test('markup without end is not gone through', () => {
  for (const piece of ['<a ', '<a href=x ', '<a b c ', '<a b=" '])
    assert.equal(dangerIn(piece.repeat(30_000), newBudget()), 'amount', piece);
});

test('nor is a URL of nothing but entities', () => {
  for (const text of ['&#9;'.repeat(30_000), `<a href="java${'&tab;'.repeat(30_000)}">`])
    assert.equal(dangerIn(text, newBudget()), 'amount');
});
