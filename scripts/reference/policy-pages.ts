import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AnyPolicy, policies } from '../../packages/gateway/src/policies/index.ts';
import { type Phase, phases } from '../../packages/gateway/src/policy.ts';
import { generatedNote, optionTable, page, table } from './markdown.ts';
import { type JsonSchema, jsonSchemaOf, optionsOf, takes } from './options.ts';

/** docs/policies/: a page for each policy, from its definition and the README of its folder. */
export function policyPages(root: string): Map<string, string> {
  const pages = new Map([['docs/policies/README.md', index()]]);
  for (const policy of policies) pages.set(`docs/policies/${policy.name}.md`, policyPage(policy, root));
  return pages;
}

function index(): string {
  return page(
    generatedNote,
    '# Policies',
    'In the order in which a request meets them: by phase, and inside a phase by this list. Policies of your own run before `headers`.',
    table(
      ['policy', 'phase', 'what it does', 'runs'],
      policies.map((policy) => [
        `[${policy.name}](${policy.name}.md)`,
        phasesOf(policy).join(', '),
        policy.summary,
        runsWhen(policy),
      ]),
    ),
    '`off` in the place of the options switches a policy off. Policies with the option `mode` can be watched before they refuse anybody: with `mode: monitor` the record says what would have been refused.',
  );
}

function policyPage(policy: AnyPolicy, root: string): string {
  const schema = jsonSchemaOf(policy.schema);
  const options = optionsOf(schema);
  const [about, ...more] = readme(policy.name, root);
  const facts: [string, string][] = [
    ['phase', phasesOf(policy).map(placeIn(policy)).join('; ')],
    ['runs', runsWhen(policy)],
    ['a fault of its own', faultText(policy)],
    ['refuses with', problemLinks(policy)],
  ];
  return page(
    generatedNote,
    `# ${policy.name}`,
    policy.summary,
    table(['', ''], facts),
    about,
    '## Options',
    schema.anyOf === undefined ? undefined : variantsText(policy.name, schema),
    optionTable(options),
    ...more,
  );
}

/** For a policy that can be written in more than one way. */
function variantsText(name: string, schema: JsonSchema): string {
  const words = (schema.anyOf ?? []).filter((variant) => variant.const !== undefined);
  const explained = words.map((word) => ` ${takes(word)}: ${word.description ?? ''}`);
  return `\`${name}\` takes ${takes(schema)}.${explained.join('')}`;
}

function phasesOf(policy: AnyPolicy): Phase[] {
  const stated: readonly Phase[] = [policy.phase].flat();
  return phases.filter((phase) => stated.includes(phase));
}

function placeIn(policy: AnyPolicy): (phase: Phase) => string {
  return (phase) => {
    const there = policies.filter((each) => phasesOf(each).includes(phase));
    const place = `\`${phase}\``;
    return there.length === 1
      ? `${place}, alone`
      : `${place}, ${there.indexOf(policy) + 1} of ${there.length}`;
  };
}

function runsWhen({ byDefault }: AnyPolicy): string {
  const runs = (hasDefinition: boolean, isOpen: boolean, acceptsKeys = false): boolean =>
    byDefault?.({ hasDefinition, isOpen, acceptsKeys }) !== undefined;
  if (runs(false, true) && runs(false, false)) return 'always';
  if (runs(true, true)) return 'for every API with an OpenAPI definition';
  if (runs(true, false))
    return 'for every API with an OpenAPI definition, unless it says `authentication: none`';
  if (runs(false, false, true))
    return 'where the configuration names it, and for limits of the keys where an API accepts API keys';
  return 'where the configuration names it';
}

function faultText({ onFault }: AnyPolicy): string {
  return onFault === 'refuse'
    ? 'refuses the request ([policy-fault](../problems/policy-fault.md))'
    : 'lets the request go on, and is recorded';
}

function problemLinks({ problems }: AnyPolicy): string {
  if (problems.length === 0) return 'nothing: it refuses no request';
  return problems.map((name) => `[${name}](../problems/${name}.md)`).join(', ');
}

/**
 * What the folder says of the policy: what comes before its sections, and the sections. Without the title, which the
 * page has anyway, and without its own table of options: that of the page comes from the schema.
 */
function readme(name: string, root: string): readonly string[] {
  const file = join(root, 'packages/gateway/src/policies', name, 'README.md');
  if (!existsSync(file)) return [];
  const [about = '', ...sections] = readFileSync(file, 'utf8').split(/\n(?=## )/);
  const withoutOptions = about.replace(/^# .*\n+/, '').replace(/^\| option .*\n(?:\|.*\n)+\n?/m, '');
  return [withoutOptions, ...sections].map((part) => part.trim());
}
