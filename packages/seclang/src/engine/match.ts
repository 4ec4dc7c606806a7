import type { Link, Rule } from '../model/rule.ts';
import type { Phase } from '../parse/action.ts';
import type { ControlCompiler } from './controls.ts';
import { type Change, compileEffect } from './effects.ts';
import { itemName } from './item.ts';
import { maximumMatches } from './limits.ts';
import type { OnMatch } from './link.ts';
import type { Disruption } from './outcome.ts';
import type { State } from './state.ts';
import { compileText } from './text.ts';
import type { TxNames } from './tx.ts';

/** What follows from a match of a link, in ModSecurity's order: captures, effects, and with the last link the rule's verdict. */
export function compileMatch(rule: Rule, link: Link, names: TxNames, control: ControlCompiler): OnMatch {
  const effects = link.effects.map((effect) => compileEffect(effect, names, control));
  const conclude = link === rule.links.at(-1) ? compileConclusion(rule, names) : undefined;
  const keepsItems = JSON.stringify(rule.links).includes('MATCHED_VARS');
  return (state, item, value, groups) => {
    if (link.capture && groups.length > 0) state.tx.capture(groups);
    if (item !== undefined) state.noteMatch(item.value === value ? item : { ...item, value }, keepsItems);
    for (const effect of effects) effect(state);
    return conclude?.(state) ?? false;
  };
}

/** @returns whether the rule ends here */
type Conclusion = (state: State) => boolean;

function compileConclusion(rule: Rule, names: TxNames): Conclusion {
  const { severity } = rule;
  const record = rule.log ? compileRecord(rule, names) : undefined;
  const decide = compileDecision(rule, names);
  return (state) => {
    if (severity !== undefined && severity < state.highestSeverity) state.highestSeverity = severity;
    record?.(state);
    return decide(state);
  };
}

/** The message is that of the chain's first link that has one, filled in now that all have matched. */
function compileRecord(rule: Rule, names: TxNames): Change {
  const { id: ruleId, phase, severity, links, outcome } = rule;
  const message = compileText(links.find((link) => link.message)?.message ?? [''], names);
  const logdata = compileText(links.find((link) => link.logdata)?.logdata ?? [''], names);
  const tags = rule.tags.map((tag) => compileText(tag, names));
  return (state) => {
    state.matchCount++;
    if (state.matches.length >= maximumMatches) return;
    const { matched } = state;
    state.matches.push({
      ruleId,
      phase,
      message: message(state),
      logdata: logdata(state),
      tags: tags.map((tag) => tag(state)),
      severity,
      outcome: outcome.kind,
      variable: matched === undefined ? '' : itemName(matched),
      value: matched?.value ?? '',
    });
  };
}

function compileDecision({ id, phase, outcome, status }: Rule, names: TxNames): Conclusion {
  switch (outcome.kind) {
    case 'allow':
      return (state) => {
        state.allow(outcome.scope);
        return true;
      };
    case 'deny':
    case 'drop':
      return disrupting(outcome.kind, phase, (kind) => disruption(kind, status, id));
    case 'redirect': {
      const location = compileText(outcome.location, names);
      return disrupting(outcome.kind, phase, (kind, state) => ({
        ...disruption(kind, redirectStatus(status), id),
        location: fieldSafe(location(state)),
      }));
    }
    default:
      return () => false;
  }
}

type Kind = Disruption['kind'];

/** Only where rules are on, and not in the last phase: there nothing is left to refuse. */
function disrupting(kind: Kind, phase: Phase, make: (kind: Kind, state: State) => Disruption): Conclusion {
  return (state) => {
    if (state.mode !== 'On' || phase === 5) return false;
    state.disrupt(make(kind, state));
    return true;
  };
}

function disruption(kind: Kind, status: number, ruleId: number): Disruption {
  return { kind, status, cause: 'rule', ruleId, location: undefined };
}

const redirectStatus = (status: number): number => (status >= 300 && status < 400 ? status : 302);

/** What a client sent may be a part of it, and must not begin a field of its own. */
function fieldSafe(location: string): string {
  return location.replace(
    /[\0-\x20\x7f-\xff]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
