import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { placesIn } from './json-places.ts';

const document = '{"a": [1, {"b\\u0063": "x\\"y", "": true}], "d": {}, "e": -1.5e3}';

const vectors: readonly [text: string, kind: string, steps: readonly string[], value: string][] = [
  ['"a"', 'name', [], 'a'],
  ['1, {', 'number', ['a', '0'], '1'],
  ['b\\u', 'name', ['a', '1'], 'b\\u0063'],
  ['x\\"', 'string', ['a', '1', 'bc'], 'x\\"y'],
  ['true', 'other', ['a', '1', ''], 'true'],
  ['{}', 'other', ['d'], '{'],
  ['[1', 'other', ['a'], '['],
  ['-1.5', 'number', ['e'], '-1.5e3'],
  ['5e3', 'number', ['e'], '-1.5e3'],
];
for (const [text, kind, steps, value] of vectors) {
  test(`${text} is in a ${kind} at /${steps.join('/')}`, () => {
    const [place] = placesIn(Buffer.from(document), [document.indexOf(text)]);
    assert.deepEqual([place!.kind, place!.steps], [kind, steps]);
    assert.equal(document.slice(place!.from, place!.to), value);
  });
}

test('one pass finds many, those at one place too', () => {
  const offsets = [
    document.indexOf('x'),
    document.indexOf('y'),
    document.indexOf('true'),
    document.length - 3,
  ];
  assert.deepEqual(
    placesIn(Buffer.from(document), offsets).map(({ steps }) => `/${steps.join('/')}`),
    ['/a/1/bc', '/a/1/bc', '/a/1/', '/e'],
  );
});

test('every string of a document is found where it is', () => {
  fc.assert(
    fc.property(fc.json({ depthSize: 'small' }), fc.constantFrom(undefined, ' ', '\n\t'), (json, indent) => {
      const text = JSON.stringify(JSON.parse(json), undefined, indent);
      const bytes = Buffer.from(text);
      const offsets: number[] = [];
      for (let at = 0; at < bytes.length; at++) offsets.push(at);
      for (const place of placesIn(bytes, offsets)) {
        if (place.kind !== 'string') continue;
        let value = JSON.parse(text) as unknown;
        for (const step of place.steps) value = (value as Record<string, unknown>)[step];
        assert.equal(JSON.parse(bytes.toString('utf8', place.from - 1, place.to + 1)), value);
      }
    }),
  );
});
