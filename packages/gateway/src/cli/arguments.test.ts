import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atMost, lengthOfTime, readArguments } from './arguments.ts';
import { UsageFault } from './command.ts';

const options = { config: { type: 'string', short: 'c' }, json: { type: 'boolean' } } as const;

test('options and words are told apart', () => {
  const { values, positionals } = readArguments('check', ['a', '-c', 'x', '--json', 'b'], options);
  assert.deepEqual({ ...values }, { config: 'x', json: true });
  assert.deepEqual(positionals, ['a', 'b']);
});

const wrong: readonly [readonly string[], RegExp][] = [
  [
    ['--confg', 'x'],
    /^there is no option --confg \(did you mean --config\?\); portcullis check --help lists/,
  ],
  [['--nothing-like-it'], /^there is no option --nothing-like-it; /],
  [['-z'], /^there is no option -z; /],
  [['--config'], /^--config needs a value; /],
  [['--config', '--json'], /^--config needs a value; write --config=VALUE where/],
  [['--json=yes'], /^--json takes no value; /],
];

for (const [args, expected] of wrong) {
  test(`wrong use: ${args.join(' ')}`, () => {
    assert.throws(
      () => readArguments('check', args, options),
      (error) => error instanceof UsageFault && expected.test(error.message),
    );
  });
}

test('a word too many is named', () => {
  assert.doesNotThrow(() => atMost('check', ['a'], 1));
  assert.throws(() => atMost('check', ['a', 'b'], 1), /"b" is one word too many/);
});

test('lengths of time are milliseconds', () => {
  assert.equal(lengthOfTime('overlap', '2h'), 7_200_000);
  assert.equal(lengthOfTime('overlap', '0'), 0);
  assert.equal(lengthOfTime('overlap', '0s'), 0);
  for (const text of ['', '1', '00', '1w'])
    assert.throws(
      () => lengthOfTime('overlap', text),
      (error) => error instanceof UsageFault && error.message.startsWith(`--overlap ${text}: expected`),
    );
});
