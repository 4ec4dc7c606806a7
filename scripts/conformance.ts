import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { applicable, compare, readDifferences } from '../test/conformance/comparison.ts';
import { isReached, type RateSuite, rateLine } from '../test/conformance/rates.ts';
import type { Outcome, Suite } from '../test/conformance/suite.ts';
import { rateSuites, suites } from '../test/conformance/suites.ts';

/**
 * `npm run conformance -- SUITE [FOLDER]`: runs the vectors of others through our code, and tells every difference and its
 * reason. `--rules`, `--tests`, `--paranoia` and `--list-failures` are for suites of rules.
 */

interface Run {
  readonly folder: string;
  /** Whether the vectors and the rules are those that the differences were listed for. */
  readonly isUsual: boolean;
  /** Whether each vector that comes out differently is told, not only how many for which cause. */
  readonly listsFailures: boolean;
}

/** @returns whether all came out as they should, or as it is argued */
async function run(suite: Suite, { folder, isUsual, listsFailures }: Run): Promise<boolean> {
  const all = readDifferences(suite.name);
  const total = { vectors: 0, passed: 0, different: 0, failed: 0, apart: 0 };
  for (const part of suite.parts(folder)) {
    const outcomes = await suite.outcomes(folder, part);
    const differences = isUsual ? all : applicable(part, outcomes, all);
    const { passed, different, faults } = compare(part, outcomes, differences);
    total.vectors += outcomes.length;
    total.passed += passed;
    total.different += different.length;
    total.failed += faults.length;
    total.apart += outcomes.filter(isRefusedApart).length;
    print(
      `${part}: ${outcomes.length} vectors, ${passed} as expected, ${different.length} different on purpose`,
    );
    if (!listsFailures) continue;
    for (const because of new Set(different.map((each) => each.because))) {
      const those = different.filter((each) => each.because === because);
      print(
        `  ${those.map(({ id }) => id).join(', ')}: ${those[0]!.actual} ${those[0]!.reason}\n    ${because}`,
      );
    }
    for (const fault of faults) print(`  UNEXPECTED ${fault}`);
  }
  await suite.close?.();
  if (total.apart > 0)
    print(`${total.apart} were refused by the reader of HTTP, before what is tested could see them`);
  const rate = ((100 * total.passed) / total.vectors).toFixed(2);
  print(
    `${total.passed} passed, ${total.failed} failed (${total.different} different on purpose; ${rate}% as expected)`,
  );
  return total.failed === 0 && total.passed > 0;
}

const isRefusedApart = ({ isApart, actual, expected }: Outcome): boolean =>
  isApart === true && actual !== expected;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** @returns whether as much came out right as has to */
function tell(suite: RateSuite, folder: string, options: Readonly<Record<string, string>>): boolean {
  const rates = suite.rates(folder, options);
  for (const rate of rates) print(isReached(rate) ? rateLine(rate) : `TOO FEW ${rateLine(rate)}`);
  return rates.every(isReached);
}

function fail(message: string, exitCode: number): never {
  process.stderr.write(`${message}\n`);
  process.exit(exitCode);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rules: { type: 'string' },
    tests: { type: 'string' },
    paranoia: { type: 'string' },
    'list-failures': { type: 'boolean', default: false },
  },
});
const [name, folder = values.tests] = positionals;
const suite = [...suites, ...rateSuites].find((each) => each.name === name);
if (suite === undefined) {
  const lines = [...suites, ...rateSuites].map((each) => `  ${each.name.padEnd(18)} ${each.summary}`);
  fail(`usage: npm run conformance -- SUITE [FOLDER]\n${lines.join('\n')}`, 2);
}
const corpora = process.env['PORTCULLIS_CORPORA'] ?? join(import.meta.dirname, '../../shared/corpora');
const there = folder === undefined ? join(corpora, suite.corpus) : resolve(folder);
if (!existsSync(there))
  fail(
    `conformance: there is no ${there}; name the folder of the vectors, or let PORTCULLIS_CORPORA name the one with all of them`,
    1,
  );
process.exitCode = (await isRight(suite, there)) ? 0 : 1;

async function isRight(named: Suite | RateSuite, vectors: string): Promise<boolean> {
  const { rules, paranoia } = values;
  if ('rates' in named) return tell(named, vectors, rules === undefined ? {} : { rules });
  const takesOptions = named.withOptions !== undefined;
  if (!takesOptions && (rules ?? paranoia) !== undefined)
    fail(`conformance: ${named.name} takes neither --rules nor --paranoia`, 2);
  if (paranoia !== undefined && !/^[1-4]$/.test(paranoia))
    fail(`conformance: --paranoia is 1, 2, 3 or 4, not ${paranoia}`, 2);
  const chosen =
    named.withOptions?.({ rules, paranoia: paranoia === undefined ? undefined : Number(paranoia) }) ?? named;
  if (chosen.missing !== undefined) fail(`conformance: ${chosen.missing}`, 1);
  return run(chosen, {
    folder: vectors,
    isUsual: !takesOptions || (folder ?? rules ?? paranoia) === undefined,
    listsFailures: !takesOptions || values['list-failures'],
  });
}
