import { existsSync, globSync, readFileSync } from 'node:fs';
import { loadRules } from '../../load.ts';
import type { RuleSet } from '../../model/rule.ts';
import { describeProblem } from '../../parse/problem.ts';

const setup = '/etc/modsecurity/crs/crs-setup.conf';
const rules = '/usr/share/modsecurity-crs/rules';

/** Why the OWASP Core Rule Set cannot be looked at here; undefined where Debian's package is installed. */
export const coreRuleSetMissing: string | undefined =
  existsSync(setup) && existsSync(rules) ? undefined : 'the Debian package modsecurity-crs is not installed';

/** What ModSecurity's recommended configuration says of JSON: CRS itself leaves that to whoever installs it. */
const prelude =
  'SecRule REQUEST_HEADERS:Content-Type "@rx ^application/json" "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"';

/** @param more directives between its setup and its rules, such as those for a higher paranoia level */
export function coreRuleSet(more = ''): RuleSet {
  const files = {
    read: (path: string) => readFileSync(path, 'latin1'),
    list: (pattern: string) => globSync(pattern).sort(),
  };
  const sources = [
    { text: prelude, name: 'prelude.conf' },
    { path: setup },
    { text: more, name: 'more.conf' },
    { path: `${rules}/*.conf` },
  ];
  const loaded = loadRules(sources, { files });
  if (!loaded.ok) throw new Error(loaded.problems.map(describeProblem).join('\n'));
  return loaded.ruleSet;
}
