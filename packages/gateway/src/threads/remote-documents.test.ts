import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reading } from '../documents/documents.ts';
import { RemoteDocuments } from './remote-documents.ts';

const reading: Reading = {
  document: { text: '{}', maxAge: undefined, at: 1 },
  failure: undefined,
  next: 2,
};

test('each question gets its own answer, in whichever order', async () => {
  const asked: [number, string, number][] = [];
  const documents = new RemoteDocuments((...question) => asked.push(question));
  const first = documents.read('https://a.example/', 1);
  const second = documents.read('https://b.example/', 2);
  assert.deepEqual(
    asked.map(([, location, youngerThan]) => [location, youngerThan]),
    [
      ['https://a.example/', 1],
      ['https://b.example/', 2],
    ],
  );
  documents.answered(asked[1]![0], { ...reading, next: 22 });
  documents.answered(asked[0]![0], { ...reading, next: 11 });
  assert.equal((await first).next, 11);
  assert.equal((await second).next, 22);
  documents.answered(asked[0]![0], reading);
  documents.answered(99, reading);
});

test('a main thread that says nothing is a failure, and nobody waits for ever', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const documents = new RemoteDocuments(() => {});
  const asked = documents.read('https://a.example/', 1);
  t.mock.timers.tick(15_000);
  const { document, failure } = await asked;
  assert.equal(document, undefined);
  assert.match(failure!, /does not answer/);
});
