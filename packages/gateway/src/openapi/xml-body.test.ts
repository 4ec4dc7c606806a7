import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nothingShared } from './definition.ts';
import { XmlReader } from './xml-body.ts';

test('nodeType says what attribute and wrapped say in older definitions (OpenAPI 3.2)', () => {
  const items = { type: 'string', xml: { name: 'tag' } };
  const reader = new XmlReader(
    {
      type: 'object',
      properties: {
        id: { type: 'integer', xml: { nodeType: 'attribute' } },
        note: { type: 'string', xml: { nodeType: 'element' } },
        tags: { type: 'array', items, xml: { nodeType: 'element' } },
        more: { type: 'array', items: { type: 'string' }, xml: { nodeType: 'none' } },
      },
    },
    nothingShared,
    false,
  );
  const read = (xml: string) => JSON.stringify(reader.read(Buffer.from(xml), 5));
  const good = '<a id="7"><note>n</note><tags><tag>x</tag></tags><more>y</more><more>z</more></a>';
  assert.equal(read(good), JSON.stringify({ value: { id: 7, note: 'n', tags: ['x'], more: ['y', 'z'] } }));
  assert.match(read('<a><id>7</id></a>'), /"beside":.\{"pointer":"\/id","isMistakable":true/);
  assert.match(read('<a><tag>x</tag></a>'), /"tag":"x"/);
});
