import type { Action, Disruptive, Effect, Outcome, Phase } from '../parse/action.ts';
import type { Macro } from '../parse/macro.ts';
import type { Operator } from '../parse/operator.ts';
import type { Position } from '../parse/problem.ts';
import type { Target } from '../parse/targets.ts';
import type { Rule } from './rule.ts';

/** A rule that may still be changed by what follows in the files. */
export interface Draft extends Position {
  id: number | undefined;
  phase: Phase | undefined;
  links: LinkDraft[];
  disruptive: Disruptive | undefined;
  status: number | undefined;
  log: boolean | undefined;
  auditlog: boolean | undefined;
  tags: Macro[];
  severity: number | undefined;
  ver: string | undefined;
  rev: string | undefined;
  maturity: number | undefined;
  accuracy: number | undefined;
  skip: number | undefined;
  skipAfter: string | undefined;
  /** How many markers stand before it. */
  markersBefore: number;
}

export interface LinkDraft extends Position {
  targets: Target[];
  operator: Operator;
  data: string[];
  transformations: string[];
  multiMatch: boolean;
  capture: boolean;
  effects: Effect[];
  message: Macro | undefined;
  logdata: Macro | undefined;
}

export function newDraft({ file, line }: Position): Draft {
  return {
    file,
    line,
    id: undefined,
    phase: undefined,
    links: [],
    disruptive: undefined,
    status: undefined,
    log: undefined,
    auditlog: undefined,
    tags: [],
    severity: undefined,
    ver: undefined,
    rev: undefined,
    maturity: undefined,
    accuracy: undefined,
    skip: undefined,
    skipAfter: undefined,
    markersBefore: 0,
  };
}

export function newLink({ file, line }: Position, targets: readonly Target[], operator: Operator): LinkDraft {
  return {
    file,
    line,
    targets: [...targets],
    operator,
    data: [],
    transformations: [],
    multiMatch: false,
    capture: false,
    effects: [],
    message: undefined,
    logdata: undefined,
  };
}

/** Actions that only the first link of a chain may have, as ModSecurity 2 has it. */
export function belongsToStarter({ kind }: Action): boolean {
  return !ofLinks.has(kind);
}

const ofLinks: ReadonlySet<Action['kind']> = new Set<Action['kind']>([
  'transformation',
  'effect',
  'capture',
  'chain',
  'multiMatch',
  'msg',
  'logdata',
  'xmlns',
]);

/** Later ones win; transformations, tags and effects add up. */
export function applyActions(draft: Draft, link: LinkDraft, actions: readonly Action[]): void {
  for (const action of actions) apply(draft, link, action);
}

function apply(draft: Draft, link: LinkDraft, action: Action): void {
  switch (action.kind) {
    case 'id':
      draft.id = action.id;
      return;
    case 'phase':
      draft.phase = action.phase;
      return;
    case 'transformation':
      if (action.name === undefined) link.transformations = [];
      else link.transformations.push(action.name);
      return;
    case 'disruptive':
      draft.disruptive = action.action;
      return;
    case 'effect':
      link.effects.push(action.effect);
      return;
    case 'msg':
      link.message = action.text;
      return;
    case 'logdata':
      link.logdata = action.text;
      return;
    case 'tag':
      draft.tags.push(action.text);
      return;
    case 'ver':
    case 'rev':
    case 'skipAfter':
      draft[action.kind] = action.text;
      return;
    case 'severity':
    case 'maturity':
    case 'accuracy':
    case 'status':
    case 'skip':
      draft[action.kind] = action.value;
      return;
    case 'log':
      // As in ModSecurity, `nolog` takes the audit log with it unless `auditlog` follows.
      draft.log = action.on;
      draft.auditlog = action.on;
      return;
    case 'auditlog':
      draft.auditlog = action.on;
      return;
    case 'capture':
    case 'multiMatch':
      link[action.kind] = true;
      return;
    case 'chain':
    case 'xmlns':
      return;
  }
}

/** @param next see `Rule.next` */
export function finishRule(draft: Draft, whatBlockMeans: Outcome, next: number | undefined): Rule {
  const { file, line, id, phase, links, disruptive = { kind: 'pass' }, tags } = draft;
  const { severity, ver, rev, maturity, accuracy } = draft;
  return {
    ...{ file, line, id: id!, phase: phase!, links, tags, severity, ver, rev, maturity, accuracy, next },
    outcome: disruptive.kind === 'block' ? whatBlockMeans : disruptive,
    block: disruptive.kind === 'block',
    status: draft.status ?? 403,
    log: draft.log ?? true,
    auditlog: draft.auditlog ?? true,
  };
}
