import type { BodyParsers } from '../body/processors.ts';
import { bodyParsers, processorOf } from '../body/processors.ts';
import type { Rule, RuleSet } from '../model/rule.ts';
import { OperatorFault } from '../operators/operator.ts';
import type { Phase } from '../parse/action.ts';
import type { BodyProcessor } from '../parse/control.ts';
import { describeProblem, type Problem } from '../parse/problem.ts';
import { PatternError } from '../regex/syntax.ts';
import { CollectionStore } from './collections.ts';
import { type ControlCompiler, controlCompiler } from './controls.ts';
import type { ColumnPlans } from './filter/columns.ts';
import { Gates } from './filter/gates.ts';
import { engineLink, type LinkCompiler } from './link.ts';
import { compileMatch } from './match.ts';
import type { OperatorContext } from './operator.ts';
import type { RunnableRule } from './phase.ts';
import type { RequestHead } from './request.ts';
import { settleBeginning, settleRules } from './settled.ts';
import { type Setup, settingsOf } from './state.ts';
import { type FaultPolicy, Transaction } from './transaction.ts';
import { TxNames } from './tx.ts';

export interface EngineOptions {
  /** Readers of bodies in the place of those that there are, by the name that rules have for them. */
  readonly bodyParsers?: BodyParsers;
  /** Which of them reads a content type where no rule says so. By default as in ModSecurity: neither JSON nor XML. */
  readonly processorOf?: (contentType: string) => BodyProcessor | undefined;
  /** Milliseconds since 1970, fractions too. */
  readonly now?: () => number;
  /** What IP, SESSION and the other collections are kept in, for engines that share them or follow one another. */
  readonly store?: CollectionStore;
  /** ENV; empty by default, as what is in the environment of a process is nothing for logs. */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Whether V8 runs with `--enable-experimental-regexp-engine-on-excessive-backtracks`: patterns with loops in loops then need
   * not be kept from values of more than a few bytes. Default false.
   */
  readonly isBacktrackingBounded?: boolean;
  /** How long all phases of a transaction may take together, in milliseconds. Default 200. */
  readonly budget?: number;
  /** What happens when the budget is used up, or the engine fails. Default `refuse`. */
  readonly onFault?: FaultPolicy;
  /** What happens to a body that cannot be read to its end, if no rule has refused it. Default `refuse`. */
  readonly onBodyFault?: FaultPolicy;
}

export interface Engine {
  transaction(request: RequestHead): Transaction;
}

/** Rules that cannot run, as a sentence for each with file and line. */
export class RuleFault extends Error {
  override name = 'RuleFault';
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(describeProblem).join('\n'));
    this.problems = problems;
  }
}

/** How links look at values, and what is kept for that in a transaction. */
export interface Evaluation {
  readonly link: LinkCompiler;
  /** Once all links are compiled. */
  readonly finish: () => ColumnPlans;
  /** Whether rules are left out whose outcome is known before there is a request. */
  readonly settles: boolean;
}

const phases: readonly Phase[] = [1, 2, 3, 4, 5];

/** @throws RuleFault for arguments of operators that mean nothing, all of them at once */
export function compileWith(ruleSet: RuleSet, options: EngineOptions, evaluation: Evaluation): Engine {
  const rules = phases.flatMap((phase) => ruleSet.phases[phase]);
  const names = new TxNames();
  const compiler = new RuleCompiler(
    rules,
    { names, isBounded: options.isBacktrackingBounded ?? false },
    evaluation.link,
  );
  const compiled = phases.map((phase) => ruleSet.phases[phase].map((rule, at) => compiler.rule(rule, at)));
  if (compiler.problems.length > 0) throw new RuleFault(compiler.problems);
  const setup: Setup = {
    settings: settingsOf(ruleSet),
    names,
    now: options.now ?? (() => performance.timeOrigin + performance.now()),
    store: options.store ?? new CollectionStore(),
    bodyParsers: { ...bodyParsers, ...options.bodyParsers },
    processorOf: options.processorOf ?? processorOf,
    environment: options.environment ?? {},
    budget: options.budget ?? 200,
    ruleCount: rules.length,
    columns: evaluation.finish(),
  };
  const program = {
    ...settled(compiled, setup, evaluation.settles),
    onFault: options.onFault ?? 'refuse',
    onBodyFault: options.onBodyFault ?? 'refuse',
  } as const;
  return { transaction: (request) => new Transaction(setup, program, request) };
}

function settled(phases: readonly (readonly RunnableRule[])[], setup: Setup, settles: boolean) {
  const beginning = settles ? settleBeginning(phases[0]!, setup) : undefined;
  const shortcuts = beginning && settleRules(phases, beginning, setup);
  return {
    beginning,
    phases: phases.map((rules, at) => ({
      rules,
      shortcuts: shortcuts?.[at],
      gates: new Gates(rules.map(({ gate }) => gate)),
    })),
  };
}

class RuleCompiler {
  readonly problems: Problem[] = [];
  readonly #indexes: ReadonlyMap<Rule, number>;
  readonly #context: OperatorContext;
  readonly #compileLink: LinkCompiler;
  readonly #control: ControlCompiler;

  constructor(rules: readonly Rule[], context: OperatorContext, compileLink: LinkCompiler) {
    this.#indexes = new Map(rules.map((rule, index) => [rule, index]));
    this.#context = context;
    this.#compileLink = compileLink;
    this.#control = controlCompiler(rules);
  }

  /** @param at its place in the phase */
  rule(source: Rule, at: number): RunnableRule {
    const rule = { index: this.#indexes.get(source)!, source };
    const links = source.links.flatMap((link) => {
      try {
        const onMatch = compileMatch(source, link, this.#context.names, this.#control);
        return [this.#compileLink(engineLink(rule, link, this.#context), onMatch)];
      } catch (error) {
        if (!(error instanceof OperatorFault || error instanceof PatternError)) throw error;
        this.problems.push({
          file: link.file,
          line: link.line,
          message: `@${link.operator.name}: ${error.message}`,
        });
        return [];
      }
    });
    return {
      ...rule,
      links: links.map(({ run }) => run),
      gate: links[0]?.gate,
      next: source.next ?? at + 1,
    };
  }
}
