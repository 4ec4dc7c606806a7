import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JsonFault, parseJson } from '../../../packages/gateway/src/http/json.ts';
import type { Outcome, Suite } from '../suite.ts';

/** JSONTestSuite (Nicolas Seriot): a file each, whose name says whether it must parse (y), must not (n), or may (i). */
export const jsonParsing: Suite = {
  name: 'json-parsing',
  corpus: 'json-parsing',
  summary: 'JSON texts, through the scanner and the parser',
  parts: () => ['y', 'n', 'i'],
  outcomes(folder, part) {
    return readdirSync(folder)
      .filter((file) => file.startsWith(`${part}_`) && file.endsWith('.json'))
      .map((file) => outcomeOf(folder, file));
  },
};

const expected = { y: 'valid', n: 'invalid', i: 'either' } as const;

function outcomeOf(folder: string, file: string): Outcome {
  const common = {
    id: file.replace(/\.json$/, ''),
    what: file.slice(2, -5).replaceAll('_', ' '),
    expected: expected[file[0] as keyof typeof expected],
  };
  try {
    parseJson(readFileSync(join(folder, file)));
    return { ...common, actual: 'valid', reason: '' };
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return { ...common, actual: 'invalid', reason: error.fault.rule };
  }
}
