import { OptionFault } from '../../policy.ts';
import type { Api, Operation } from '../../routing/apis.ts';
import type { Exclusion } from './schema.ts';
import { ownRules } from './setup.ts';

/** Exclusions as SecLang: those for a part of the API go before the rules, those for all of it behind them. */
export interface ExclusionText {
  readonly before: string;
  readonly behind: string;
}

/** @throws OptionFault for an operation that the API does not have */
export function exclusionText(exclusions: readonly Exclusion[], api: Api | undefined): ExclusionText {
  const before: string[] = [];
  const behind: string[] = [];
  for (const [index, exclusion] of exclusions.entries()) {
    const where = whereOf(exclusion, api, index);
    for (const rule of [exclusion.rule].flat().map(String)) {
      if (where === undefined) behind.push(everywhere(rule, exclusion.target));
      else before.push(somewhere(rule, exclusion.target, where, ownRules.exclusions + before.length));
    }
  }
  return { before: before.join('\n'), behind: behind.join('\n') };
}

interface Where {
  /** A pattern for the path. */
  readonly path: string;
  readonly method: string | undefined;
}

function whereOf({ path, operation }: Exclusion, api: Api | undefined, index: number): Where | undefined {
  if (operation !== undefined) {
    const found = api?.operations?.find(({ id, method, path: template }) =>
      [id, `${method} ${template}`].includes(operation),
    );
    if (found === undefined)
      throw new OptionFault(['exclude', index, 'operation'], `the API has no operation "${operation}"`);
    return { path: patternOf(found, api!.basePath), method: found.method };
  }
  if (path === undefined) return undefined;
  const segments = path.replace(/\/$/, '').split('*').map(escaped);
  return { path: `^${segments.join('[^/]+')}(?:/|$)`, method: undefined };
}

function patternOf({ path }: Operation, basePath: string): string {
  const template = path
    .split(/\{[^{}]*\}/)
    .map(escaped)
    .join('[^/]+');
  return `^${escaped(basePath)}${template}$`;
}

/** Every sign as itself, also within the quotes of a directive. */
function escaped(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9/_-]/g, (sign) => `\\x{${sign.charCodeAt(0).toString(16)}}`);
}

function everywhere(rule: string, target: string | undefined): string {
  const tag = tagOf(rule);
  if (target === undefined)
    return tag === undefined ? `SecRuleRemoveById ${rule}` : `SecRuleRemoveByTag ${tag}`;
  const by = tag === undefined ? `ById ${rule}` : `ByTag ${tag}`;
  return `SecRuleUpdateTarget${by} "!${target}"`;
}

function somewhere(rule: string, target: string | undefined, { path, method }: Where, id: number): string {
  const tag = tagOf(rule);
  const what = `${target === undefined ? 'ruleRemove' : 'ruleRemoveTarget'}${tag === undefined ? 'ById' : 'ByTag'}`;
  const control = `ctl:${what}=${tag ?? rule}${target === undefined ? '' : `;${target}`}`;
  const actions = `id:${id},phase:1,pass,nolog,t:none`;
  const onPath = (more: string): string => `SecRule REQUEST_FILENAME "@rx ${path}" "${more}"`;
  if (method === undefined) return onPath(`${actions},${control}`);
  return `SecRule REQUEST_METHOD "@streq ${method}" "${actions},chain"\n${onPath(`t:none,${control}`)}`;
}

function tagOf(rule: string): string | undefined {
  return rule.startsWith('tag:') ? rule.slice('tag:'.length) : undefined;
}
