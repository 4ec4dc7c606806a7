import type { Link, Rule } from '../model/rule.ts';
import type { Effect } from '../parse/action.ts';
import { constantText, type Macro } from '../parse/macro.ts';
import type { Target } from '../parse/targets.ts';
import { lowercase } from '../transformations/letters.ts';
import type { Item } from './item.ts';
import { type RunnableRule, runRule } from './phase.ts';
import { type Setup, State } from './state.ts';

/**
 * What the rules at the beginning of phase 1 come to that look at nothing of a request: the thresholds and levels of a rule
 * set, which many others then ask for. Both are settled once instead of in every transaction.
 */
export interface Beginning {
  /** How many rules of phase 1 that are. */
  readonly length: number;
  /** TX behind them. */
  readonly slots: readonly (string | undefined)[];
  readonly matched: State['matched'];
}

/** @param rules of phase 1 */
export function settleBeginning(rules: readonly RunnableRule[], setup: Setup): Beginning {
  const state = blankState(setup);
  let length = 0;
  while (length < rules.length && isSettled(rules[length]!.source)) length = runRule(rules, length, state);
  return { length, slots: state.tx.slots, matched: state.matched };
}

function blankState(setup: Setup): State {
  return new State(setup, { method: '', target: '/', protocol: '', fields: [], peerAddress: '', id: '' });
}

/** What is known beforehand of the rules of a phase, as long as `ctl:` has removed nothing. */
export interface Shortcuts {
  /** By the index of a rule, that of the first from there on which may match. */
  readonly live: readonly number[];
  /** By the index of a rule that always matches and does nothing but skip others, the member that it matches. */
  readonly jumps: readonly State['matched'][];
}

/**
 * Which rules never match, and which always do, because no rule that can match changes the members of TX that they ask for
 * once the beginning is settled: of each file of CRS those of the other paranoia levels.
 */
export function settleRules(
  phases: readonly (readonly RunnableRule[])[],
  beginning: Beginning,
  setup: Setup,
): Shortcuts[] {
  const later = phases.flatMap((rules, phase) => (phase === 0 ? rules.slice(beginning.length) : rules));
  const verdicts = new Map(later.map((rule) => [rule, verdictOn(rule, beginning, setup)]));
  const stable = new Set(setup.names.names.map(lowercase));
  const isKnown = ({ source }: RunnableRule): boolean =>
    askedFor(source.links[0]!).every((name) => stable.has(name));
  const isDead = (rule: RunnableRule): boolean => verdicts.get(rule) === 'never' && isKnown(rule);
  for (let before = -1; before !== stable.size; ) {
    before = stable.size;
    for (const rule of later.filter((each) => !isDead(each))) {
      const writes = mayWrite(rule.source);
      for (const name of stable) if (writes(name)) stable.delete(name);
    }
  }
  return phases.map((rules) => ({
    live: rules.map((_, from) => nextOf(rules, from, isDead)),
    jumps: rules.map((rule) => {
      const verdict = verdicts.get(rule);
      return typeof verdict === 'object' && isKnown(rule) ? verdict : undefined;
    }),
  }));
}

function nextOf(
  rules: readonly RunnableRule[],
  from: number,
  isDead: (rule: RunnableRule) => boolean,
): number {
  let at = from;
  while (at < rules.length && isDead(rules[at]!)) at++;
  return at;
}

/** With TX as it is behind the beginning. Undefined for a rule that asks for more, or does more than to skip others. */
function verdictOn(
  { source, links }: RunnableRule,
  { slots }: Beginning,
  setup: Setup,
): 'never' | Item | undefined {
  const first = source.links[0]!;
  if (first.targets.length === 0 || !asksTxAlone(first)) return undefined;
  const state = blankState(setup);
  state.tx.restore(slots);
  if (!links[0]!(state)) return 'never';
  const isPlain = source.links.length === 1 && first.effects.length === 0;
  return isPlain && isSettled(source) ? state.matched : undefined;
}

/** Whether it looks at nothing but members of TX, and changes nothing else. */
function isSettled(rule: Rule): boolean {
  if (rule.log || rule.severity !== undefined || rule.outcome.kind !== 'pass') return false;
  return rule.links.every((link) => asksTxAlone(link) && link.effects.every(isPlainSet));
}

/** Whether members of TX alone, whose names are written there, decide on a link. */
function asksTxAlone({ targets, operator, capture, multiMatch }: Link): boolean {
  return !capture && !multiMatch && targets.every(isTxMember) && isOfTx(operator.argument);
}

const isTxMember = ({ variable, selector, excluded }: Target): boolean =>
  variable === 'TX' && selector?.kind === 'name' && !excluded;

const isOfTx = (macro: Macro): boolean =>
  macro.every((part) => typeof part === 'string' || (part.variable === 'TX' && part.key !== undefined));

function isPlainSet(effect: Effect): boolean {
  if (effect.kind !== 'setvar' || effect.collection !== 'TX') return false;
  return constantText(effect.key) !== undefined && isOfTx(effect.value);
}

/** The members of TX that a link asks for, in small letters. */
function askedFor({ targets, operator }: Link): string[] {
  const names = targets.flatMap(({ selector }) => (selector?.kind === 'name' ? [selector.name] : []));
  for (const part of operator.argument)
    if (typeof part !== 'string' && part.key !== undefined) names.push(part.key);
  return names.map(lowercase);
}

/** Whether a match of the rule may change a member, its name in small letters. */
function mayWrite(rule: Rule): (name: string) => boolean {
  const exact = new Set<string>();
  const beginnings: string[] = [];
  for (const { capture, effects } of rule.links) {
    if (capture) for (let group = 0; group <= 9; group++) exact.add(String(group));
    for (const effect of effects) {
      if (effect.kind !== 'setvar' || effect.collection !== 'TX') continue;
      const constant = constantText(effect.key);
      if (constant !== undefined) exact.add(lowercase(constant));
      else beginnings.push(typeof effect.key[0] === 'string' ? lowercase(effect.key[0]) : '');
    }
  }
  return (name) => exact.has(name) || beginnings.some((beginning) => name.startsWith(beginning));
}
