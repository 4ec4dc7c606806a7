import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compare, readDifferences } from '../test/conformance/jose/comparison.ts';
import { files, outcomesOf } from '../test/conformance/jose/vectors.ts';

/** `npm run conformance -- SUITE`: runs the vectors of others through our code, and tells every difference and its reason. */

const suites: Readonly<Record<string, () => boolean>> = { jose };

function jose(): boolean {
  const folder = corpus('PORTCULLIS_JOSE_CORPUS', 'wycheproof');
  if (folder === undefined) return false;
  const differences = readDifferences();
  let good = true;
  for (const file of files) {
    const outcomes = outcomesOf(folder, file);
    const { passed, different, faults } = compare(file, outcomes, differences);
    print(
      `${file}: ${outcomes.length} vectors, ${passed} as expected, ${different.length} different on purpose`,
    );
    for (const because of new Set(different.map((each) => each.because))) {
      const those = different.filter((each) => each.because === because);
      print(
        `  ${those.map(({ id }) => id).join(', ')}: ${those[0]!.actual}, ${those[0]!.reason}\n    ${because}`,
      );
    }
    for (const fault of faults) print(`  UNEXPECTED ${fault}`);
    good &&= faults.length === 0 && outcomes.length > 0;
  }
  return good;
}

/** @param name of the folder in `shared/corpora` beside the clone, where the variable names no other */
function corpus(variable: string, name: string): string | undefined {
  const folder = process.env[variable] ?? join(import.meta.dirname, '..', '..', 'shared', 'corpora', name);
  if (existsSync(folder)) return folder;
  process.stderr.write(
    `conformance: there is no ${folder}; let ${variable} name the folder of the vectors\n`,
  );
  return undefined;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const [name = ''] = process.argv.slice(2);
const suite = Object.hasOwn(suites, name) ? suites[name] : undefined;
if (suite === undefined) {
  process.stderr.write(`usage: npm run conformance -- ${Object.keys(suites).join('|')}\n`);
  process.exitCode = 2;
} else process.exitCode = suite() ? 0 : 1;
