import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SyntaxProblem } from './problem.ts';
import { parseTargets, type Target } from './targets.ts';

const plain = (variable: string, more: Partial<Target> = {}): Target => ({
  variable,
  selector: undefined,
  count: false,
  excluded: false,
  ...more,
});

const table: readonly (readonly [text: string, targets: readonly Target[]])[] = [
  ['ARGS', [plain('ARGS')]],
  ['args|REQUEST_URI', [plain('ARGS'), plain('REQUEST_URI')]],
  ['&ARGS:id', [plain('ARGS', { count: true, selector: { kind: 'name', name: 'id' } })]],
  [
    'REQUEST_COOKIES|!REQUEST_COOKIES:/__utm/',
    [
      plain('REQUEST_COOKIES'),
      plain('REQUEST_COOKIES', { excluded: true, selector: { kind: 'pattern', source: '__utm' } }),
    ],
  ],
  ['ARGS:/a|b,c/', [plain('ARGS', { selector: { kind: 'pattern', source: 'a|b,c' } })]],
  ["ARGS:'/a|b c/'", [plain('ARGS', { selector: { kind: 'pattern', source: 'a|b c' } })]],
  [
    "ARGS:'it\\'s|x', TX:a",
    [
      plain('ARGS', { selector: { kind: 'name', name: "it's|x" } }),
      plain('TX', { selector: { kind: 'name', name: 'a' } }),
    ],
  ],
  [
    'REQUEST_HEADERS:X.Filename',
    [plain('REQUEST_HEADERS', { selector: { kind: 'name', name: 'X.Filename' } })],
  ],
  ['XML:/*', [plain('XML', { selector: { kind: 'xpath', path: '/*' } })]],
  ['XML://@*|ARGS', [plain('XML', { selector: { kind: 'xpath', path: '//@*' } }), plain('ARGS')]],
];

for (const [text, targets] of table) {
  test(`targets ${text}`, () => {
    assert.deepEqual(parseTargets(text), targets);
  });
}

const refused: readonly (readonly [text: string, message: RegExp])[] = [
  ['', /not a target/],
  ['ARGZ', /unknown variable ARGZ/],
  ['ARGS|', /not a target/],
  ['ARGS:', /missing selector/],
  ['REMOTE_ADDR:x', /takes no selector/],
  ['XML', /needs a selector/],
  ['XML://a[text()]', /XPath/],
  ['ARGS:/a', /without closing slash/],
  ['ARGS:/path/to', /without closing slash/],
  ['ARGS:/(/', /pattern of a selector/],
  ['ARGS REQUEST_URI', /unexpected text/],
];

for (const [text, message] of refused) {
  test(`refuses ${text || 'nothing'}`, () => {
    assert.throws(
      () => parseTargets(text),
      (error) => error instanceof SyntaxProblem && message.test(error.message),
    );
  });
}
