import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DocumentReader } from './documents.ts';
import type { Fetched } from './fetch-json.ts';

interface Opened {
  readonly reader: DocumentReader;
  readonly asked: string[];
  /** What the next fetches come to: a text, or an error. */
  answer: string | Error;
  readonly advance: (milliseconds: number) => void;
  /** Fetches wait for this. */
  until: Promise<void> | undefined;
}

const url = 'https://id.example.com/keys';

function opened(): Opened {
  let now = 1_700_000_000_000;
  const asked: string[] = [];
  const state: Opened = {
    reader: new DocumentReader(
      async (location): Promise<Fetched> => {
        asked.push(location);
        await state.until;
        if (state.answer instanceof Error) throw state.answer;
        return { text: state.answer, maxAge: undefined };
      },
      () => now,
    ),
    asked,
    answer: 'one',
    advance: (milliseconds) => {
      now += milliseconds;
    },
    until: undefined,
  };
  return state;
}

test('a young document costs no fetch, an old one does', async () => {
  const state = opened();
  const first = await state.reader.read(url, 60_000);
  assert.equal(first.document?.text, 'one');
  assert.equal(first.failure, undefined);
  state.answer = 'two';
  state.advance(59_999);
  assert.equal((await state.reader.read(url, 60_000)).document?.text, 'one');
  state.advance(1);
  assert.equal((await state.reader.read(url, 60_000)).document?.text, 'two');
  assert.equal(state.asked.length, 2);
});

test('all who ask together share one fetch', async () => {
  const state = opened();
  const all = await Promise.all(Array.from({ length: 100 }, () => state.reader.read(url, 0)));
  assert.equal(state.asked.length, 1);
  assert.ok(all.every(({ document }) => document?.text === 'one'));
});

test('whatever is asked for, one document is fetched once in ten seconds', async () => {
  const state = opened();
  for (let second = 0; second < 60; second++) {
    await Promise.all(Array.from({ length: 1_000 }, () => state.reader.read(url, 0)));
    state.advance(1_000);
  }
  assert.equal(state.asked.length, 6);
});

test('and says when it may be fetched again', async () => {
  const state = opened();
  const { next } = await state.reader.read(url, 0);
  assert.equal(next, 1_700_000_010_000);
  state.advance(9_999);
  await state.reader.read(url, 0);
  assert.equal(state.asked.length, 1);
  state.advance(1);
  await state.reader.read(url, 0);
  assert.equal(state.asked.length, 2);
});

test('without any document it is tried once a second', async () => {
  const state = opened();
  state.answer = new Error('nobody there');
  for (let tick = 0; tick < 100; tick++) {
    const { document, failure } = await state.reader.read(url, 0);
    assert.equal(document, undefined);
    assert.equal(failure, 'nobody there');
    state.advance(100);
  }
  assert.equal(state.asked.length, 10);
  state.answer = 'one';
  state.advance(1_000);
  assert.equal((await state.reader.read(url, 0)).document?.text, 'one');
});

test('what was there before is kept, with the time at which it was good and what went wrong since', async () => {
  const state = opened();
  const first = await state.reader.read(url, 0);
  state.answer = new Error('gone');
  state.advance(60_000);
  const second = await state.reader.read(url, 0);
  assert.equal(second.failure, 'gone');
  assert.deepEqual(second.document, first.document);
});

test('a pause counts from the end of a slow fetch', async () => {
  const state = opened();
  let answer = (): void => {};
  state.until = new Promise((resolve) => {
    answer = resolve;
  });
  const slow = state.reader.read(url, 0);
  state.advance(9_000);
  answer();
  assert.equal((await slow).next, 1_700_000_019_000);
});

test('a clock that is set back puts nothing off', async () => {
  const state = opened();
  await state.reader.read(url, 0);
  state.advance(-86_400_000);
  state.answer = 'two';
  assert.equal((await state.reader.read(url, 0)).document?.text, 'two');
});

test('locations are bounded: the ones that nobody asks for go', async () => {
  const state = opened();
  await state.reader.read(url, 0);
  for (let i = 0; i < 255; i++) {
    await state.reader.read(`https://id.example.com/${i}`, 0);
    await state.reader.read(url, 60_000);
  }
  assert.equal(state.asked.filter((each) => each === url).length, 1, 'still there');
  for (let i = 0; i < 256; i++) await state.reader.read(`https://id.example.com/more/${i}`, 0);
  await state.reader.read(url, 60_000);
  assert.equal(state.asked.filter((each) => each === url).length, 2, 'was let go');
});

test('whoever reads regularly may read more often, but not more often than it says', async () => {
  const state = opened();
  for (let tick = 0; tick < 100; tick++) {
    await state.reader.read(url, 1_000);
    await state.reader.read(url, 0);
    state.advance(100);
  }
  assert.equal(state.asked.length, 10);
});
