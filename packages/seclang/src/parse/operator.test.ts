import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findOperator, findRegexOperator } from '../operators/registry.ts';
import { type Operator, operatorArguments, parseOperator } from './operator.ts';
import { SyntaxProblem } from './problem.ts';

const table: readonly (readonly [text: string, operator: Operator])[] = [
  ['@rx ^a b$', { name: 'rx', negated: false, argument: ['^a b$'] }],
  ['^a', { name: 'rx', negated: false, argument: ['^a'] }],
  ['!^a', { name: 'rx', negated: true, argument: ['^a'] }],
  ['!@RX ^a', { name: 'rx', negated: true, argument: ['^a'] }],
  ['! @eq 0', { name: 'eq', negated: true, argument: ['0'] }],
  ['@rx a ', { name: 'rx', negated: false, argument: ['a '] }],
  ['@rx %{2}', { name: 'rx', negated: false, argument: ['%{2}'] }],
  ['@rx ^%{tx.a}$', { name: 'rx', negated: false, argument: ['^', { variable: 'TX', key: 'a' }, '$'] }],
  [
    '@within %{tx.allowed}',
    { name: 'within', negated: false, argument: [{ variable: 'TX', key: 'allowed' }] },
  ],
  ['@pm a b c ', { name: 'pm', negated: false, argument: ['a b c'] }],
  ['@pmf x.data', { name: 'pmFromFile', negated: false, argument: ['x.data'] }],
  ['@detectSQLi', { name: 'detectSQLi', negated: false, argument: [''] }],
  ['@streq', { name: 'streq', negated: false, argument: [''] }],
  ['user@example\\.com', { name: 'rx', negated: false, argument: ['user@example\\.com'] }],
];

for (const [text, operator] of table) {
  test(`operator ${text}`, () => {
    const { name, negated, argument } = parseOperator(text);
    assert.deepEqual({ name, negated, argument: mergeText(argument) }, operator);
  });
}

/** Neighbouring texts are one to the reader. */
function mergeText(argument: Operator['argument']): Operator['argument'] {
  const merged: Operator['argument'][number][] = [];
  for (const part of argument) {
    const last = merged.at(-1);
    if (typeof part === 'string' && typeof last === 'string') merged[merged.length - 1] = last + part;
    else merged.push(part);
  }
  return merged;
}

const refused: readonly (readonly [text: string, message: RegExp])[] = [
  ['@nope x', /unknown operator @nope/],
  ['@inspectFile x.lua', /unknown operator @inspectFile/],
  ['@', /not an operator/],
  ['@rx (', /missing closing parenthesis/],
  ['(', /missing closing parenthesis/],
  ['@pm', /needs an argument/],
  ['@detectXSS x', /takes no argument/],
  ['@within %{nope.a}', /unknown variable NOPE/],
  ['@eq %{}', /not a variable/],
];

for (const [text, message] of refused) {
  test(`refuses ${text}`, () => {
    assert.throws(
      () => parseOperator(text),
      (error) => error instanceof SyntaxProblem && message.test(error.message),
    );
  });
}

test('what rules may name, the library has, and compiles those that take a pattern', () => {
  for (const [name, argument] of operatorArguments) {
    assert.equal(findRegexOperator(name) !== undefined, argument === 'pattern', name);
    assert.equal(findOperator(name) !== undefined, argument !== 'pattern', name);
  }
});
