import { atRoot, descend, foldName, type JsonPath, parseJsonPath } from '../../http/json-path.ts';
import { Faults, type Where } from '../faults.ts';
import { compileOwnPattern } from './own-pattern.ts';
import { type RuleName, ruleNames, type Trigger, triggers } from './rules.ts';
import { LeakScanner } from './scan.ts';
import type { LeakProtectionConfig } from './schema.ts';

type Action = 'mask' | 'refuse' | 'report';

export interface Rule {
  readonly action: Action;
  readonly except: readonly JsonPath[];
  /** What stands around the finding goes with it: half a stack trace tells as much as all of it. */
  readonly masksAround: boolean;
}

export interface LeakRules {
  readonly byName: ReadonlyMap<string, Rule>;
  readonly scanner: LeakScanner;
  /** A rule masks or refuses, so that replies have to be held. */
  readonly intervenes: boolean;
}

/**
 * A private key, a stack trace and an error of a database have no business in a reply, and nothing of such a reply is
 * worth the risk. Tokens, addresses and numbers of cards are what some APIs are there to give out.
 */
const defaultActions: Readonly<Record<RuleName, Action>> = {
  'stack-trace': 'refuse',
  'sql-error': 'refuse',
  'private-key': 'refuse',
  'card-number': 'report',
  token: 'report',
  'internal-address': 'report',
};

/** @throws AggregateError of OptionFault */
export function compileRules(config: LeakProtectionConfig): LeakRules {
  const faults = new Faults();
  const byName = new Map<string, Rule>();
  const own: Trigger[] = [];
  for (const name of ruleNames) {
    const written = config.rules?.[name];
    const { action, except } = typeof written === 'object' ? written : { action: written, except: undefined };
    const taken = action ?? defaultActions[name];
    if (taken === 'off') continue;
    const masksAround = name === 'stack-trace' || name === 'sql-error';
    byName.set(name, {
      action: taken,
      except: paths(except, ['rules', name, 'except'], faults),
      masksAround,
    });
  }
  for (const [name, { pattern, action = 'report', except }] of Object.entries(config.patterns ?? {})) {
    if (action === 'off') continue;
    if ((ruleNames as readonly string[]).includes(name)) {
      faults.add(['patterns', name], 'is the name of a rule that is built in');
      continue;
    }
    const compiled = faults.try(['patterns', name, 'pattern'], () => compileOwnPattern(pattern));
    if (compiled !== undefined) own.push({ rule: name, ...compiled });
    byName.set(name, {
      action,
      except: paths(except, ['patterns', name, 'except'], faults),
      masksAround: false,
    });
  }
  faults.throwAll();
  const active = [...triggers.filter(({ rule }) => byName.has(rule)), ...own];
  return {
    byName,
    scanner: new LeakScanner(active, byName.has('card-number'), new Set(own.map(({ rule }) => rule))),
    intervenes: [...byName.values()].some(({ action }) => action !== 'report'),
  };
}

function paths(texts: readonly string[] | undefined, option: Where, faults: Faults): JsonPath[] {
  return (texts ?? []).flatMap(
    (text, index) => faults.try([...option, index], () => parseJsonPath(text)) ?? [],
  );
}

/** Whether one of the paths leads to the place or to something that it is in. */
export function isExcepted(except: readonly JsonPath[], steps: readonly string[]): boolean {
  if (except.length === 0) return false;
  let positions = atRoot(except);
  for (const step of steps) {
    const { next, ended } = descend(except, positions, foldName(step));
    if (ended !== undefined) return true;
    positions = next;
  }
  return false;
}
