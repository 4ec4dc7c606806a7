import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseDocument } from 'yaml';
import { coreRuleSet as builtInRules } from '../../../packages/seclang/rules/core/testing/core-rules.ts';
import type { Engine } from '../../../packages/seclang/src/engine/compile.ts';
import { compileRules } from '../../../packages/seclang/src/engine/engine.ts';
import { coreRuleSet } from '../../../packages/seclang/src/engine/testing/core-rule-set.ts';
import type { Rate, RateSuite } from '../rates.ts';
import { place } from './placeholders.ts';

interface Vectors {
  readonly payload: readonly string[];
  readonly encoder: readonly string[];
  readonly placeholder: readonly (string | Readonly<Record<string, unknown>>)[];
}

/**
 * Payloads in the places that their files name. Those in base64 are told apart: no service decodes them where they stand, so
 * that most of them are no attacks.
 */
export const gotestwaf: RateSuite = {
  name: 'gotestwaf',
  corpus: 'gotestwaf',
  summary: 'attacks that rules stop, and texts that they let through; --rules core or crs',
  rates(folder, { rules = 'core' }) {
    const engine = compileRules(rules === 'crs' ? coreRuleSet() : builtInRules(), { budget: 60_000 });
    const attacks = globSync(join(folder, '{owasp,owasp-api}/*.yml')).sort();
    const byFile = attacks
      .map((path) => rateOf(engine, path, true, isDecodable))
      // Those of other protocols have none.
      .filter(({ all }) => all > 0);
    const least = rules === 'core' ? { attacks: 0.7, innocents: 0.9 } : { attacks: 0, innocents: 0 };
    return [
      ...byFile,
      { ...sum('true positives', byFile), least: least.attacks },
      sum(
        'true positives in base64',
        attacks.map((path) => rateOf(engine, path, true, (encoder) => !isDecodable(encoder))),
      ),
      {
        ...sum('true negatives', [rateOf(engine, join(folder, 'false-pos/texts.yml'), false, isDecodable)]),
        least: least.innocents,
      },
    ];
  },
};

const isDecodable = (encoder: string): boolean => !encoder.startsWith('Base64');

function rateOf(engine: Engine, path: string, isAttack: boolean, counts: (encoder: string) => boolean): Rate {
  // Not everything in there is YAML to the letter: what the reader makes of it counts.
  const { payload, encoder, placeholder } = parseDocument(readFileSync(path, 'utf8')).toJS() as Vectors;
  let [right, all] = [0, 0];
  for (const text of payload)
    for (const code of encoder.filter(counts))
      for (const where of placeholder) {
        const request = place(typeof where === 'string' ? where : Object.keys(where)[0]!, text, code);
        if (request === undefined) continue;
        const transaction = engine.transaction({
          ...request,
          protocol: 'HTTP/1.1',
          peerAddress: '192.0.2.7',
        });
        transaction.requestHead();
        const isStopped = transaction.requestBody(request.body).kind !== 'pass';
        all++;
        if (isStopped === isAttack) right++;
      }
  return { what: basename(path, '.yml'), right, all };
}

function sum(what: string, rates: readonly Rate[]): Rate {
  let [right, all] = [0, 0];
  for (const rate of rates) {
    right += rate.right;
    all += rate.all;
  }
  return { what, right, all };
}
