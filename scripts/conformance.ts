import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compare, readDifferences } from '../test/conformance/comparison.ts';
import { isReached, type RateSuite, rateLine } from '../test/conformance/rates.ts';
import type { Suite } from '../test/conformance/suite.ts';
import { rateSuites, suites } from '../test/conformance/suites.ts';

/** `npm run conformance -- SUITE [FOLDER] [--rules core|crs]`: runs the vectors of others through our code, and tells every difference and its reason. */

/** @returns whether all came out as they should, or as it is argued */
async function run(suite: Suite, folder: string): Promise<boolean> {
  const differences = readDifferences(suite.name);
  const total = { passed: 0, different: 0, failed: 0 };
  for (const part of suite.parts(folder)) {
    const outcomes = await suite.outcomes(folder, part);
    const { passed, different, faults } = compare(part, outcomes, differences);
    total.passed += passed;
    total.different += different.length;
    total.failed += faults.length;
    print(
      `${part}: ${outcomes.length} vectors, ${passed} as expected, ${different.length} different on purpose`,
    );
    for (const because of new Set(different.map((each) => each.because))) {
      const those = different.filter((each) => each.because === because);
      print(
        `  ${those.map(({ id }) => id).join(', ')}: ${those[0]!.actual} ${those[0]!.reason}\n    ${because}`,
      );
    }
    for (const fault of faults) print(`  UNEXPECTED ${fault}`);
  }
  await suite.close?.();
  print(`${total.passed} passed, ${total.failed} failed (${total.different} different on purpose)`);
  return total.failed === 0 && total.passed > 0;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** @returns whether as much came out right as has to */
function tell(suite: RateSuite, folder: string, options: Readonly<Record<string, string>>): boolean {
  const rates = suite.rates(folder, options);
  for (const rate of rates) print(isReached(rate) ? rateLine(rate) : `TOO FEW ${rateLine(rate)}`);
  return rates.every(isReached);
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { rules: { type: 'string' } },
});
const [name, folder] = positionals;
const suite = [...suites, ...rateSuites].find((each) => each.name === name);
if (suite === undefined) {
  const lines = [...suites, ...rateSuites].map((each) => `  ${each.name.padEnd(18)} ${each.summary}`);
  process.stderr.write(`usage: npm run conformance -- SUITE [FOLDER]\n${lines.join('\n')}\n`);
  process.exitCode = 2;
} else {
  const corpora = process.env['PORTCULLIS_CORPORA'] ?? join(import.meta.dirname, '../../shared/corpora');
  const there = folder === undefined ? join(corpora, suite.corpus) : resolve(folder);
  if ('missing' in suite && suite.missing !== undefined) {
    process.stderr.write(`conformance: ${suite.missing}\n`);
    process.exitCode = 1;
  } else if (existsSync(there)) {
    const isRight = 'rates' in suite ? tell(suite, there, { ...options }) : await run(suite, there);
    process.exitCode = isRight ? 0 : 1;
  } else {
    process.stderr.write(
      `conformance: there is no ${there}; name the folder of the vectors, or let PORTCULLIS_CORPORA name the one with all of them\n`,
    );
    process.exitCode = 1;
  }
}
