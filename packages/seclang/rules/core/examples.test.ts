import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { macroText } from '../../src/model/choice.ts';
import { coreRuleSet, coreRunner, matchedRules } from './testing/core-rules.ts';
import { bytesOf, readLines } from './testing/lines.ts';
import { sampleAt } from './testing/places.ts';

interface Example {
  readonly rule: number;
  readonly isAttack: boolean;
  readonly place: string;
  readonly value: string;
}

const tables = globSync(`${import.meta.dirname}/*.examples.txt`).sort();
const usual = coreRunner();
const strict = coreRunner({ paranoiaLevel: 3, inboundThreshold: 100_000 });

/** `+ place value` must match, `- place value` must not; below `## id` of the rule. */
function examplesOf(path: string): Example[] {
  return readLines(path).map(({ group, text }) => {
    const line = /^([+-]) (\S+) (.*)$/.exec(text);
    assert.ok(line !== null, `${basename(path)}: ${text}`);
    const [, sign, place, value] = line as unknown as [string, string, string, string];
    return { rule: Number(group), isAttack: sign === '+', place, value: bytesOf(value) };
  });
}

for (const path of tables)
  test(`${basename(path)}: rules match what they are for and nothing innocent`, () => {
    const faults: string[] = [];
    for (const { rule, isAttack, place, value } of examplesOf(path)) {
      const sample = sampleAt(place, value);
      const found = isAttack ? matchedRules(strict(sample)) : matchedRules(usual(sample));
      if (isAttack ? !found.includes(rule) : found.length > 0)
        faults.push(
          `${rule} ${isAttack ? 'misses' : `is innocent, but ${found.join()} match`}: ${place} ${value}`,
        );
    }
    assert.deepEqual(faults, []);
  });

test('each rule has an example that it matches and one that it does not', () => {
  const examples = tables.flatMap(examplesOf);
  const covered = (isAttack: boolean): Set<number> =>
    new Set(examples.filter((example) => example.isAttack === isAttack).map(({ rule }) => rule));
  const [attacks, innocents] = [covered(true), covered(false)];
  for (const rule of Object.values(coreRuleSet().phases).flat()) {
    const { id, severity } = rule;
    const tags = rule.tags.map(macroText);
    if (tags.length === 0 || id >= 9_990_000) continue;
    assert.ok(attacks.has(id) && innocents.has(id), `${id} has no examples`);
    assert.ok(severity !== undefined && tags.some((tag) => tag.startsWith('OWASP_API/API')), `${id}`);
    assert.ok(
      tags.some((tag) => /^CAPEC\/\d+$/.test(tag)),
      `${id} has no CAPEC`,
    );
  }
});
