import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { watchFiles } from './watch.ts';

/** A watch whose polls the test makes, and which counts the changes. */
function watched(files: () => readonly string[], mark?: (file: string) => string | undefined) {
  const state = {
    changes: 0,
    cancelled: false,
    poll: (): void => assert.fail('no poll was asked for'),
    stop: (): void => {},
  };
  const { stop } = watchFiles(
    files,
    () => {
      state.changes += 1;
    },
    {
      intervalMs: 1000,
      ...(mark && { mark }),
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
  const files = ['a'];
  const marks: Record<string, string> = { a: '1', b: '1' };
  const state = watched(
    () => files,
    (file) => marks[file],
  );
  files.push('b');
  for (let poll = 0; poll < 3; poll += 1) state.poll();
  assert.equal(state.changes, 0);
  marks.b = '2';
  state.poll();
  state.poll();
  assert.equal(state.changes, 1);
  files.pop();
  for (let poll = 0; poll < 3; poll += 1) state.poll();
  assert.equal(state.changes, 1, 'leaving is no change either');
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
        () => [],
        () => {},
        { intervalMs: 0 },
      ),
    RangeError,
  );
  assert.throws(
    () =>
      watchFiles(
        () => [],
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
    () => ['a'],
    () => {},
    { intervalMs: 500, mark },
  );
  assert.equal(polls, 1);
  t.mock.timers.tick(1000);
  assert.equal(polls, 3);
  stop();
  t.mock.timers.tick(1000);
  assert.equal(polls, 3);
});
