import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Mark, type Marks, markOf } from './source-files.ts';
import { watchFiles } from './watch.ts';

/** A watch whose polls the test makes, and which counts the changes; with each of them the files are read again. */
function watched(files: () => readonly string[], mark: (file: string) => Mark = markOf) {
  const read = (): Marks => new Map(files().map((file) => [file, mark(file)]));
  const state = {
    changes: 0,
    told: [] as readonly string[],
    read: read(),
    cancelled: false,
    poll: (): void => assert.fail('no poll was asked for'),
    stop: (): void => {},
  };
  const { stop } = watchFiles(
    () => state.read,
    (changed) => {
      state.changes += 1;
      state.told = changed;
      state.read = read();
    },
    {
      intervalMs: 1000,
      mark,
      every: (poll, intervalMs) => {
        assert.equal(intervalMs, 1000);
        state.poll = poll;
        return () => {
          state.cancelled = true;
        };
      },
    },
  );
  state.stop = stop;
  return state;
}

test('states of two files over time', () => {
  // Each step: marks of the files a and b, and the changes counted after its poll.
  const vectors: [name: string, ...steps: [marks: string, changes: number][]][] = [
    ['nothing happens', ['11', 0], ['11', 0], ['11', 0]],
    ['a change counts at the second poll', ['11', 0], ['21', 0], ['21', 1], ['21', 1]],
    ['a file being written is waited for', ['11', 0], ['21', 0], ['31', 0], ['41', 0], ['41', 1]],
    ['a change taken back is none', ['11', 0], ['21', 0], ['11', 0], ['11', 0]],
    ['a change taken back, then again', ['11', 0], ['21', 0], ['11', 0], ['21', 0], ['21', 1]],
    ['two files in one call', ['11', 0], ['22', 0], ['22', 1]],
    ['two files one after the other in one call', ['11', 0], ['21', 0], ['22', 0], ['22', 1]],
    ['vanishing and coming back', ['11', 0], ['-1', 0], ['-1', 1], ['11', 1], ['11', 2]],
    ['vanishing for a moment', ['11', 0], ['-1', 0], ['11', 0], ['11', 0]],
    ['replaced within a moment', ['11', 0], ['-1', 0], ['21', 0], ['21', 1]],
    ['not there at first', ['-1', 0], ['11', 0], ['11', 1]],
  ];
  for (const [name, ...steps] of vectors) {
    let marks = steps[0]?.[0] ?? '';
    const state = watched(
      () => ['a', 'b'],
      (file) => {
        const mark = marks.charAt(file === 'a' ? 0 : 1);
        return mark === '-' ? undefined : mark;
      },
    );
    for (const [index, [next, changes]] of steps.entries()) {
      marks = next;
      state.poll();
      assert.equal(state.changes, changes, `${name}, step ${index}`);
    }
  }
});

test('a file that joins the list is no change, its own changes are', () => {
  const marks: Record<string, string> = { a: '1', b: '1' };
  const state = watched(
    () => ['a'],
    (file) => marks[file],
  );
  state.read = new Map([
    ['a', '1'],
    ['b', '1'],
  ]);
  for (let poll = 0; poll < 3; poll += 1) state.poll();
  assert.equal(state.changes, 0);
  marks.b = '2';
  state.poll();
  state.poll();
  assert.equal(state.changes, 1);
  assert.deepEqual(state.told, ['b']);
  state.read = new Map([['a', '1']]);
  for (let poll = 0; poll < 3; poll += 1) state.poll();
  assert.equal(state.changes, 1, 'leaving is no change either');
});

test('a change between the reading of a file and the first look at it is seen', () => {
  const marks: Record<string, string> = { a: '1' };
  const state = watched(
    () => ['a', 'b'],
    (file) => marks[file],
  );
  marks.b = '1';
  state.poll();
  state.poll();
  assert.equal(state.changes, 1);
});

test('what a reload did not come to read is told once, until it changes again', () => {
  const marks: Record<string, string> = { a: '1', b: '1' };
  let told = 0;
  let poll = (): void => {};
  // A reload that fails over `a` reads nothing else, and knows of another file.
  let read: Marks = new Map(Object.entries(marks));
  watchFiles(
    () => read,
    () => {
      told += 1;
      read = new Map([...read, ['a', marks.a], ['c', marks.c]]);
    },
    {
      intervalMs: 1000,
      mark: (file) => marks[file],
      every: (given) => {
        poll = given;
        return () => {};
      },
    },
  );
  const polls = (count: number): number => {
    for (let i = 0; i < count; i += 1) poll();
    return told;
  };
  Object.assign(marks, { a: '2', b: '2' });
  assert.equal(polls(5), 1);
  marks.a = '3';
  assert.equal(polls(5), 2);
  marks.c = '1';
  assert.equal(polls(5), 3);
  marks.b = '1';
  assert.equal(polls(5), 3, 'it is as it was read');
  marks.b = '2';
  assert.equal(polls(5), 4);
});

test('after stop nothing is polled', () => {
  let mark = '1';
  const state = watched(
    () => ['a'],
    () => mark,
  );
  state.stop();
  assert.ok(state.cancelled);
  mark = '2';
  state.poll();
  state.poll();
  assert.equal(state.changes, 0);
});

test('an interval must be above 0', () => {
  assert.throws(
    () =>
      watchFiles(
        () => new Map(),
        () => {},
        { intervalMs: 0 },
      ),
    RangeError,
  );
  assert.throws(
    () =>
      watchFiles(
        () => new Map(),
        () => {},
        { intervalMs: Number.NaN },
      ),
    RangeError,
  );
});

test('real files: written, replaced, removed, and swapped as Kubernetes does it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'watch-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'a.yaml');
  const mounted = join(folder, 'mounted.yaml');
  const version = (name: string): void => {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'mounted.yaml'), 'same');
    symlinkSync(name, join(folder, '..next'));
    renameSync(join(folder, '..next'), join(folder, '..data'));
  };
  version('..v1');
  symlinkSync(join('..data', 'mounted.yaml'), mounted);
  writeFileSync(file, 'one');
  const state = watched(() => [file, mounted]);
  const changesAfter = (act: () => void): number => {
    act();
    const before = state.changes;
    for (let poll = 0; poll < 3; poll += 1) state.poll();
    return state.changes - before;
  };
  assert.equal(
    changesAfter(() => {}),
    0,
  );
  assert.equal(
    changesAfter(() => writeFileSync(file, 'longer')),
    1,
  );
  assert.equal(
    changesAfter(() => {
      writeFileSync(`${file}.next`, 'LONGER');
      renameSync(`${file}.next`, file);
    }),
    1,
  );
  assert.equal(
    changesAfter(() => version('..v2')),
    1,
  );
  assert.equal(
    changesAfter(() => rmSync(file)),
    1,
  );
  assert.equal(
    changesAfter(() => writeFileSync(file, 'longer')),
    1,
  );
});

test('the timer of its own polls, stops, and does not keep the process alive', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let polls = 0;
  const mark = (): string => {
    polls += 1;
    return '1';
  };
  const { stop } = watchFiles(
    () => new Map([['a', '1']]),
    () => {},
    { intervalMs: 500, mark },
  );
  t.mock.timers.tick(1000);
  assert.equal(polls, 2);
  stop();
  t.mock.timers.tick(1000);
  assert.equal(polls, 2);
});
