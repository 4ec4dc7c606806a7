import assert from 'node:assert/strict';
import { parseJson } from '../../packages/gateway/src/http/json.ts';
import type { JsonLimits } from '../../packages/gateway/src/http/json-limits.ts';
import { scanJson } from '../../packages/gateway/src/http/json-scanner.ts';
import { withoutFields } from '../../packages/gateway/src/openapi/field-cuts.ts';
import type { Target } from './targets.ts';

const limits: JsonLimits = {
  depth: 5,
  members: 4,
  items: 6,
  values: 20,
  stringLength: 12,
  numberLength: 10,
  inexactNumbers: false,
  prototypeNames: false,
};
const wide: JsonLimits = {
  depth: 512,
  members: 1e6,
  items: 1e6,
  values: 1e6,
  stringLength: 1e6,
  numberLength: 1e6,
  inexactNumbers: true,
  prototypeNames: true,
};

/** The scanner under bounds that most inputs meet and under none, and what is done with what it takes. */
export const jsonTarget: Target = {
  name: 'json',
  seeds: [
    '{"a":[1,2.5e3,{"b":"\\u00e9\\n"}],"c":null}',
    '[[[[[1]]]],-0,1e2,"\\ud83d\\ude00"]',
    '{"constructor":{"prototype":1}}',
    '9007199254740993',
  ],
  words: [
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\',
    '\\u0061',
    '\\ud800',
    '"a":',
    '1e9',
    '0.1',
    '-',
    'null',
    '__proto__',
    '\ufeff',
    ' ',
    '\t',
    '\xc3\xa9',
    '\xff',
  ],
  check(bytes) {
    const text = bytes.toString();
    const fault = scanJson(bytes, limits);
    if (fault !== undefined) {
      assert.ok(fault.offset >= 0 && fault.offset <= bytes.length, `${fault.offset}`);
      assert.match(fault.pointer, /^(?:\/(?:[^~/]|~[01])*)*(?:…)?$/u);
    } else {
      const value: unknown = JSON.parse(text);
      const seen = { values: 0, names: 0 };
      measure(value, 1, seen);
      assert.ok(seen.values <= limits.values);
      assertNoneTwice(text, seen.names);
    }
    // Without bounds, what is no JSON to us is no JSON, and what is JSON has each name once.
    const unbounded = scanJson(bytes, wide);
    if (unbounded === undefined) {
      const seen = { values: 0, names: 0 };
      measure(JSON.parse(text), Number.NEGATIVE_INFINITY, seen);
      assertNoneTwice(text, seen.names);
    } else if (unbounded.rule === 'syntax') assert.throws(() => JSON.parse(text), SyntaxError);
    if (unbounded === undefined && scanJson(bytes) === undefined) checkParsed(bytes);
  },
};

/** As it is parsed it is what every reader has, also when its first field was cut out. */
function checkParsed(bytes: Buffer): void {
  const value = parseJson(bytes);
  assert.deepEqual(value, JSON.parse(bytes.toString()));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  const [first] = Object.keys(value);
  if (first === undefined) return;
  const left = parseJson(withoutFields(bytes, [[first]]));
  assert.deepEqual(Object.keys(left as object), Object.keys(value).slice(1));
}

function measure(value: unknown, depth: number, seen: { values: number; names: number }): void {
  seen.values++;
  if (typeof value === 'number' && depth > 0) assert.ok(Number.isFinite(value));
  if (typeof value !== 'object' || value === null) return;
  assert.ok(depth <= limits.depth);
  const names = Object.keys(value);
  if (depth > 0) assert.ok(names.length <= (Array.isArray(value) ? limits.items : limits.members));
  if (!Array.isArray(value)) seen.names += names.length;
  for (const each of Object.values(value)) measure(each, depth + 1, seen);
}

/** Each colon outside strings is one name's. */
function assertNoneTwice(text: string, names: number): void {
  const colons = text.replace(/"(?:[^"\\]|\\.)*"/g, '""').split(':').length - 1;
  assert.equal(colons, names);
}
