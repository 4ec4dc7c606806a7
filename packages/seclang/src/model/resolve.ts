import { unsupportedOperators } from '../operators/unsupported.ts';
import type { Action, Outcome, Phase } from '../parse/action.ts';
import { dataPaths } from '../parse/files.ts';
import { fileOperators, type Operator } from '../parse/operator.ts';
import type { Position, Problem } from '../parse/problem.ts';
import { emptySettings, type Settings } from '../parse/settings.ts';
import type { Statement } from '../parse/statement.ts';
import type { Target } from '../parse/targets.ts';
import { chooser } from './choice.ts';
import {
  applyActions,
  belongsToStarter,
  type Draft,
  finishRule,
  type LinkDraft,
  newDraft,
  newLink,
} from './draft.ts';
import type { Rule, RuleSet } from './rule.ts';

export interface Resolution {
  /** Only to be used without problems. */
  readonly ruleSet: RuleSet;
  readonly problems: readonly Problem[];
  /** What is taken, but does nothing or not all that one may expect. */
  readonly warnings: readonly Problem[];
}

const phases: readonly Phase[] = [1, 2, 3, 4, 5];
/** ModSecurity's, where no SecDefaultAction says otherwise. */
const defaultPhase: Phase = 2;
const always: Operator = { name: 'unconditionalMatch', negated: false, argument: [''] };

/** Puts directives together in their order: a directive that changes rules changes those before it. */
export function resolve(statements: readonly Statement[], data: ReadonlyMap<string, string>): Resolution {
  const resolver = new Resolver(data);
  for (const statement of statements) resolver.take(statement);
  return resolver.finish();
}

class Resolver {
  readonly #data: ReadonlyMap<string, string>;
  readonly #problems: Problem[] = [];
  readonly #warnings: Problem[] = [];
  readonly #settings: Settings = emptySettings();
  readonly #defaults = new Map<Phase, readonly Action[]>();
  readonly #ids = new Map<number, Position>();
  readonly #markers: string[] = [];
  readonly #outcomes = new Map<Draft, Outcome>();
  #rules: Draft[] = [];
  /** The chain that the next rule continues. `broken` if one of its rules could not be read. */
  #open: { readonly draft: Draft; readonly broken: boolean } | undefined;

  constructor(data: ReadonlyMap<string, string>) {
    this.#data = data;
  }

  take(statement: Statement): void {
    if (this.#open !== undefined && statement.kind !== 'rule' && statement.kind !== 'ignored')
      this.#closeChain();
    switch (statement.kind) {
      case 'rule':
      case 'action':
        return this.#rule(statement);
      case 'default':
        return this.#default(statement, statement.actions);
      case 'marker':
        this.#markers.push(statement.name);
        return;
      case 'setting':
        return statement.apply(this.#settings);
      case 'update-target': {
        const chosen = this.#chosen(statement, chooser(statement.rules));
        for (const draft of chosen) updateTargets(draft.links[0]!, statement.targets, statement.replaced);
        return;
      }
      case 'update-action':
        return this.#updateAction(statement);
      case 'remove': {
        const chosen = new Set(this.#chosen(statement, chooser(statement.rules)));
        this.#rules = this.#rules.filter((draft) => !chosen.has(draft));
        return;
      }
      case 'ignored':
        return this.#ignored(statement, statement.name);
      case 'include':
        return;
    }
  }

  finish(): Resolution {
    this.#closeChain();
    const byPhase = Object.fromEntries(phases.map((phase) => [phase, this.#phase(phase)]));
    return {
      ruleSet: { phases: byPhase as Record<Phase, Rule[]>, settings: this.#settings },
      problems: this.#problems,
      warnings: this.#warnings,
    };
  }

  #rule(statement: Extract<Statement, { kind: 'rule' } | { kind: 'action' }>): void {
    const { actions } = statement;
    const continued = this.#open;
    const draft = continued?.draft ?? newDraft(statement);
    const link =
      statement.kind === 'rule'
        ? newLink(statement, statement.targets, statement.operator)
        : newLink(statement, [], always);
    if (statement.kind === 'rule') this.#operator(link, statement.operator);
    const chain = actions.some(({ kind }) => kind === 'chain');
    if (continued === undefined) this.#start(draft, link, actions);
    else this.#continue(draft, link, actions);
    draft.links.push(link);
    this.#open = chain ? { draft, broken: continued?.broken ?? false } : undefined;
    if (!chain && continued?.broken !== true) this.#rules.push(draft);
  }

  #operator(link: LinkDraft, { name, argument }: Operator): void {
    const missing = unsupportedOperators.get(name);
    if (missing !== undefined)
      this.#warn(link, `@${name} is not supported: ${missing}. A rule with it never matches`);
    if (!fileOperators.has(name)) return;
    for (const path of dataPaths(link.file, argument.join(''))) link.data.push(this.#data.get(path) ?? '');
  }

  #start(draft: Draft, link: LinkDraft, actions: readonly Action[]): void {
    const written = actions.findLast((action) => action.kind === 'phase');
    const phase = written?.phase ?? defaultPhase;
    const defaults = this.#defaults.get(phase) ?? [];
    applyActions(draft, link, defaults);
    const outcome = draft.disruptive ?? { kind: 'pass' };
    this.#outcomes.set(draft, outcome.kind === 'block' ? { kind: 'pass' } : outcome);
    applyActions(draft, link, actions);
    draft.phase = phase;
    draft.markersBefore = this.#markers.length;
    this.#register(draft);
  }

  #register(draft: Draft): void {
    const { id } = draft;
    if (id === undefined) return this.#report(draft, 'a rule needs an id');
    const other = this.#ids.get(id);
    if (other !== undefined)
      this.#report(draft, `id ${id} is taken by the rule at ${other.file}:${other.line}`);
    else this.#ids.set(id, { file: draft.file, line: draft.line });
  }

  #continue(draft: Draft, link: LinkDraft, actions: readonly Action[]): void {
    for (const action of actions) {
      if (!belongsToStarter(action)) applyActions(draft, link, [action]);
      else if (action.kind === 'log' || action.kind === 'auditlog')
        this.#warn(link, 'log and nolog count in the first rule of a chain only');
      else this.#report(link, `${action.kind} belongs to the first rule of a chain`);
    }
  }

  #closeChain(): void {
    if (this.#open === undefined) return;
    if (!this.#open.broken) this.#report(this.#open.draft, 'the chain that begins here has no end');
    this.#open = undefined;
  }

  #default(at: Position, actions: readonly Action[]): void {
    const phase = actions.findLast((action) => action.kind === 'phase')?.phase;
    const outcome = actions.findLast((action) => action.kind === 'disruptive')?.action;
    if (phase === undefined) return this.#report(at, 'SecDefaultAction needs a phase');
    if (outcome === undefined || outcome.kind === 'block')
      return this.#report(at, 'SecDefaultAction needs an action other than block, such as pass or deny');
    if (this.#defaults.has(phase))
      this.#warn(at, `a second SecDefaultAction for phase ${phase}: rules from here on follow it`);
    for (const { kind } of actions)
      if (notByDefault.has(kind)) this.#report(at, `${kind} cannot be a default`);
    this.#defaults.set(phase, actions);
  }

  #updateAction(statement: Extract<Statement, { kind: 'update-action' }>): void {
    const draft = this.#rules.find(({ id }) => id === statement.id);
    const link = draft?.links[statement.link];
    if (draft === undefined || link === undefined)
      return this.#warn(statement, `there is no rule ${statement.id}:${statement.link} before this`);
    const misplaced = statement.link === 0 ? [] : statement.actions.filter(belongsToStarter);
    for (const { kind } of misplaced) this.#report(statement, `${kind} belongs to the first rule of a chain`);
    applyActions(draft, link, statement.actions);
  }

  #chosen(at: Position, chooses: (draft: Draft) => boolean): readonly Draft[] {
    const chosen = this.#rules.filter(chooses);
    if (chosen.length === 0) this.#warn(at, 'no rule before this is meant');
    return chosen;
  }

  #ignored(at: Position, name: string): void {
    if (name !== 'SecRule') return this.#warn(at, `${name} has no effect here`);
    // It could not be read, which is reported already. Whether it went on is not known: the chain ends without a word.
    this.#open = undefined;
  }

  #phase(phase: Phase): Rule[] {
    const drafts = this.#rules.filter((draft) => draft.phase === phase);
    return drafts.map((draft, at) => {
      const whatBlockMeans = this.#outcomes.get(draft)!;
      return finishRule(draft, whatBlockMeans, this.#next(draft, at, drafts));
    });
  }

  /** Markers stand in every phase: what is skipped to is the first rule of the same phase behind the marker. */
  #next(draft: Draft, at: number, drafts: readonly Draft[]): number | undefined {
    const { skip, skipAfter } = draft;
    if (skipAfter === undefined)
      return skip === undefined ? undefined : Math.min(at + 1 + skip, drafts.length);
    const marker = this.#markers.indexOf(skipAfter, draft.markersBefore);
    if (marker >= 0) {
      const behind = drafts.findIndex(({ markersBefore }) => markersBefore > marker);
      return behind < 0 ? drafts.length : behind;
    }
    const rule = drafts.findIndex(({ id }, index) => index > at && String(id) === skipAfter);
    if (rule >= 0) return rule + 1;
    this.#report(draft, `skipAfter:${skipAfter}: no such marker or rule follows`);
    return undefined;
  }

  #report({ file, line }: Position, message: string): void {
    this.#problems.push({ file, line, message });
  }

  #warn({ file, line }: Position, message: string): void {
    this.#warnings.push({ file, line, message });
  }
}

const notByDefault: ReadonlySet<Action['kind']> = new Set<Action['kind']>([
  'id',
  'chain',
  'skip',
  'skipAfter',
  'msg',
  'severity',
  'ver',
  'rev',
]);

/** Adds targets and exclusions, or puts them in the place of others. */
function updateTargets(link: LinkDraft, targets: readonly Target[], replaced: readonly Target[]): void {
  const gone = new Set(replaced.map((target) => JSON.stringify(target)));
  link.targets = [...link.targets.filter((target) => !gone.has(JSON.stringify(target))), ...targets];
}
