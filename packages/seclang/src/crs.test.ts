import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadRules } from './load.ts';
import type { RuleFiles } from './parse/files.ts';
import { describeProblem } from './parse/problem.ts';

const setup = '/etc/modsecurity/crs/crs-setup.conf';
const rules = '/usr/share/modsecurity-crs/rules';
const skip =
  existsSync(setup) && existsSync(rules) ? false : 'the Debian package modsecurity-crs is not installed';

const files: RuleFiles = {
  read: (path) => readFileSync(path, 'latin1'),
  list: (pattern) => globSync(pattern).sort(),
};

for (const dialect of ['nginx', 'apache'] as const) {
  test(`the Core Rule Set of Debian loads as for ${dialect}`, { skip }, () => {
    const result = loadRules([{ path: setup }, { path: `${rules}/*.conf` }], { files, dialect });
    if (!result.ok) assert.fail(result.problems.map(describeProblem).join('\n'));
    const { phases, settings } = result.ruleSet;
    assert.deepEqual(settings.componentSignatures, ['OWASP_CRS/3.3.4']);
    const counts = Object.values(phases).map(({ length }) => length);
    assert.deepEqual(counts, [147, 389, 24, 58, 16]);
    const links = Object.values(phases).flatMap((list) => list.map((rule) => rule.links.length));
    assert.equal(
      links.reduce((sum, length) => sum + length, 0),
      800,
    );
    // Reading patterns is part of loading: each of them was translated and compiled.
    assert.ok(result.warnings.every(({ message }) => /not supported|first rule of a chain/.test(message)));
  });
}
