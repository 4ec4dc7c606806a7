import { globSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import {
  type CoreOptions,
  compileRules,
  coreRules,
  describeProblem,
  type Engine,
  loadRules,
  type Problem,
  RuleFault,
  type RuleSource,
} from '@portcullis/seclang';
import type { Environment } from '../../environment.ts';
import { isJson } from '../../http/media-type.ts';
import { OptionFault } from '../../policy.ts';
import { exclusionText } from './exclusions.ts';
import type { WafConfig } from './schema.ts';
import { closingText, setupText } from './setup.ts';
import { warmUp } from './warming.ts';

const crsPrefix = 'crs:';

export interface WarmEngine {
  readonly engine: Engine;
  /** The same function for all that share the engine. */
  readonly warm: () => Iterable<void>;
}

/**
 * The engine of an API: its rules, read and compiled. Takes some hundred milliseconds for the Core Rule Set, so that APIs with
 * the same rules and settings share one.
 * @throws OptionFault at the entry of `rules` that cannot be read, or whose rules have problems
 */
export function engineFor(config: WafConfig, environment: Environment): WarmEngine {
  const { api, folder } = environment;
  const places = rulesOf(config).map((rule, index) => placeOf(rule, config, folder, index));
  const version = places.find((place) => place.version !== undefined)?.version;
  const exclusions = exclusionText(config.exclude ?? [], api);
  const sources: RuleSource[] = [
    { text: setupText(config, api, version), name: 'setup of the policy' },
    { text: exclusions.before, name: 'exclusions of the policy' },
    ...places.flatMap((place) => place.sources),
    { text: exclusions.behind, name: 'exclusions of the policy' },
    { text: closingText, name: 'setup of the policy' },
  ];
  return environment.share(`waf ${JSON.stringify(sources)}`, () => compiled(sources, environment));
}

function compiled(sources: readonly RuleSource[], { warn, now }: Environment): WarmEngine {
  const loaded = loadRules(sources, {
    files: {
      read: (path) => readFileSync(path, 'latin1'),
      list: (pattern) => globSync(pattern).sort(),
    },
  });
  if (!loaded.ok) throw new OptionFault(['rules'], told(loaded.problems.map(describeProblem)));
  for (const warning of once(loaded.warnings)) warn(`waf: ${warning}`);
  try {
    // The gateway starts Node with both switches for patterns.
    const engine = compileRules(loaded.ruleSet, { isBacktrackingBounded: true, now, processorOf });
    return { engine, warm: () => warmUp(engine) };
  } catch (fault) {
    if (!(fault instanceof RuleFault)) throw fault;
    throw new OptionFault(['rules'], told(fault.problems.map(describeProblem)));
  }
}

/** A line for each thing that is said, however many rules it is about. */
function once(warnings: readonly Problem[]): readonly string[] {
  const lines: string[] = [];
  for (const [message, all] of Map.groupBy(warnings, (warning) => warning.message)) {
    const more = all.length > 1 ? `, and in ${all.length - 1} more places` : '';
    lines.push(`${describeProblem({ ...all[0]!, message })}${more}`);
  }
  return lines;
}

const mostTold = 10;

function told(problems: readonly string[]): string {
  const more = problems.length - mostTold;
  return [...problems.slice(0, mostTold), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/** What runs where the configuration names nothing. */
function rulesOf({ rules = [builtIn] }: WafConfig): readonly string[] {
  return [rules].flat();
}

const builtIn = 'core';

interface RulePlace {
  readonly sources: readonly RuleSource[];
  /** Of the Core Rule Set, as its setup has to name it: `334` for 3.3.4. */
  readonly version: string | undefined;
}

function placeOf(rule: string, config: WafConfig, folder: string, index: number): RulePlace {
  if (rule === builtIn) return { sources: coreRules(coreOptions(config)), version: undefined };
  const isCrs = rule.startsWith(crsPrefix);
  const written = isCrs ? rule.slice(crsPrefix.length) : rule;
  const path = isAbsolute(written) ? written : join(folder, written);
  if (!isCrs) {
    if (!isFile(path)) throw new OptionFault(['rules', index], `there is no file ${path}`);
    return { sources: [{ path }], version: undefined };
  }
  const found = [path, join(path, 'rules')].find((each) => isFile(join(each, initialization)));
  if (found === undefined)
    throw new OptionFault(
      ['rules', index],
      `there is no Core Rule Set in ${path}: neither it nor its folder "rules" has ${initialization}`,
    );
  return {
    sources: [{ path: join(found, '*.conf') }],
    version: versionIn(join(found, initialization), index),
  };
}

function coreOptions({ paranoia = 1, thresholds = {}, responses = false }: WafConfig): CoreOptions {
  return {
    // There is no more to suspect than at level 3.
    paranoiaLevel: paranoia === 4 ? 3 : (paranoia as 1 | 2 | 3),
    ...(thresholds.inbound !== undefined && { inboundThreshold: thresholds.inbound }),
    ...(thresholds.outbound !== undefined && { outboundThreshold: thresholds.outbound }),
    inspectsResponses: responses,
  };
}

const initialization = 'REQUEST-901-INITIALIZATION.conf';

function versionIn(file: string, index: number): string {
  const version = /ver:'OWASP_CRS\/([0-9]+\.[0-9]+\.[0-9]+)/.exec(readFileSync(file, 'latin1'))?.[1];
  if (version === undefined)
    throw new OptionFault(
      ['rules', index],
      `${file} does not say of which version of the Core Rule Set it is`,
    );
  return version.replaceAll('.', '');
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Which reader takes a body apart. CRS leaves that to whoever installs it. */
function processorOf(contentType: string): 'URLENCODED' | 'MULTIPART' | 'JSON' | 'XML' | undefined {
  const type = /^[^;,\s]*/.exec(contentType)![0].toLowerCase();
  if (type === 'application/x-www-form-urlencoded') return 'URLENCODED';
  if (type === 'multipart/form-data') return 'MULTIPART';
  if (isJson(type)) return 'JSON';
  return type === 'application/xml' || type === 'text/xml' || type.endsWith('+xml') ? 'XML' : undefined;
}
