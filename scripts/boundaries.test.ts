import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { boundaryFaults, faultsOf, importsIn } from './boundaries.ts';

const gateway = 'packages/gateway/src';

type Found = readonly [specifier: string, line: number];

const imports: readonly (readonly [text: string, found: readonly Found[]])[] = [
  ["import { a } from './a.ts';", [['./a.ts', 1]]],
  ["import type { A } from './a.ts';", [['./a.ts', 1]]],
  ["\nimport {\n  a,\n  type B,\n} from './a.ts';", [['./a.ts', 5]]],
  ["import './a.ts';", [['./a.ts', 1]]],
  ["export { a } from './a.ts';", [['./a.ts', 1]]],
  ["export type { A } from './a.ts';", [['./a.ts', 1]]],
  ["export const a = await import('./a.ts');", [['./a.ts', 1]]],
  ["new Worker(new URL('./a.ts', import.meta.url))", [['./a.ts', 1]]],
  [
    "import a from 'a';\nimport b from 'b';",
    [
      ['a', 1],
      ['b', 2],
    ],
  ],
  ["export const from = 'a';", []],
  ["export type A = 'a' | 'b';", []],
  ["export function a() {\n  return 'from';\n}", []],
  ["// import { a } from './a.ts';", []],
];
for (const [text, found] of imports) {
  test(`imports in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(
      importsIn(text),
      found.map(([specifier, line]) => ({ specifier, line })),
    );
  });
}

const cases: readonly (readonly [file: string, specifier: string, allowed: boolean])[] = [
  ['packages/seclang/src/parse.ts', './tokens.ts', true],
  ['packages/seclang/src/parse.ts', 'node:crypto', true],
  ['packages/seclang/src/parse.ts', 'node:fs', false],
  ['packages/seclang/src/parse.ts', '../../gateway/src/exchange.ts', false],
  ['packages/seclang/src/parse.ts', 'portcullis/policy', false],
  [`${gateway}/policies/waf/policy.ts`, '../../exchange.ts', true],
  [`${gateway}/policies/waf/policy.ts`, '../../http/fields.ts', true],
  [`${gateway}/policies/waf/policy.ts`, '../../listener/body.ts', false],
  [`${gateway}/policies/waf/policy.ts`, '../../upstream/open.ts', false],
  [`${gateway}/policies/waf/policy.ts`, '../../threads/messages.ts', false],
  [`${gateway}/policies/waf/policy.ts`, '../../admin/server.ts', false],
  [`${gateway}/policies/waf/policy.ts`, '../../cli/run.ts', false],
  [`${gateway}/policies/waf/policy.ts`, '../../pipeline.ts', false],
  [`${gateway}/policies/waf/policy.ts`, '../../live-exchange.ts', false],
  [`${gateway}/policies/waf/policy.ts`, 'node:http', false],
  [`${gateway}/policies/waf/policy.ts`, 'node:crypto', true],
  [`${gateway}/http/fields.ts`, './field-name.ts', true],
  [`${gateway}/http/fields.ts`, '../problems/catalogue.ts', true],
  [`${gateway}/http/fields.ts`, '../config/units.ts', true],
  [`${gateway}/http/fields.ts`, '../config/load.ts', false],
  [`${gateway}/http/fields.ts`, '../exchange.ts', false],
  [`${gateway}/http/fields.ts`, 'node:net', true],
  [`${gateway}/http/fields.ts`, 'node:fs', false],
  [`${gateway}/http/fields.ts`, 'undici', false],
  [`${gateway}/main.ts`, './cli/start.ts', true],
  [`${gateway}/main.ts`, '../../../scripts/banner.ts', false],
  [`${gateway}/main.ts`, '../../seclang/src/parse.ts', false],
  [`${gateway}/main.ts`, './testing/exchange.ts', false],
  [`${gateway}/main.ts`, './main.test.ts', false],
  ['packages/console/src/page.tsx', './chart.tsx', true],
  ['packages/console/src/page.tsx', 'preact', true],
  ['packages/console/src/page.tsx', '../../gateway/src/exchange.ts', false],
];
for (const [file, specifier, allowed] of cases) {
  test(`${file} ${allowed ? 'may' : 'may not'} import ${specifier}`, () => {
    const faults = faultsOf(file, `\nimport { a } from '${specifier}';\n`);
    assert.equal(faults.length === 0, allowed, JSON.stringify(faults));
    for (const fault of faults) assert.equal(`${fault.file}:${fault.line}`, `${file}:2`);
  });
}

test('nothing crosses a boundary', () => {
  assert.deepEqual(boundaryFaults(join(import.meta.dirname, '..')), []);
});
