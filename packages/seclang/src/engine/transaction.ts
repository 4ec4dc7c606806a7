import { type BodyContent, emptyContent } from '../body/content.ts';
import { parseUrlencoded } from '../body/urlencoded.ts';
import type { Phase } from '../parse/action.ts';
import { BudgetFault } from './limits.ts';
import type { Cause, Outcome, RuleMatch } from './outcome.ts';
import { pass } from './outcome.ts';
import { type PhaseRules, runPhase } from './phase.ts';
import { fieldValue, type RequestHead, type ResponseHead } from './request.ts';
import type { Beginning } from './settled.ts';
import { type Setup, State } from './state.ts';

export type FaultPolicy = 'refuse' | 'pass';

/** What an engine runs. */
export interface Program {
  /** Rules of phases 1 to 5. */
  readonly phases: readonly PhaseRules[];
  /** Of phase 1; undefined where all of them are to be evaluated plainly. */
  readonly beginning: Beginning | undefined;
  readonly onFault: FaultPolicy;
  readonly onBodyFault: FaultPolicy;
}

/** Two to five milliseconds. */
const usualStep = 131_072;

/**
 * One request and its response, phase by phase. Each phase gives the outcome so far; once it is not `pass`, the phases that
 * follow run no rule, but for logging, which is to be run at the end whatever happened.
 */
export class Transaction {
  readonly #state: State;
  readonly #program: Program;

  constructor(setup: Setup, program: Program, request: RequestHead) {
    this.#state = new State(setup, request);
    this.#program = program;
  }

  get outcome(): Outcome {
    return this.#state.outcome;
  }

  /** What matched so far and is to be logged; of very many only the first. */
  get matches(): readonly RuleMatch[] {
    return this.#state.matches;
  }

  /** How often rules that log have matched. */
  get matchCount(): number {
    return this.#state.matchCount;
  }

  /** What went wrong in the engine; undefined while nothing did. */
  get fault(): Error | undefined {
    return this.#state.fault;
  }

  /** What `ctl:auditEngine` says; undefined where no rule does. */
  get auditMode(): State['auditMode'] {
    return this.#state.auditMode;
  }

  /** A member of TX, such as `anomaly_score`. */
  variable(name: string): string | undefined {
    return this.#state.tx.get(name);
  }

  /** All members of TX by their names. */
  get members(): ReadonlyMap<string, string> {
    return new Map(this.#state.tx.all().map(({ key, value }) => [key!, value]));
  }

  /** Whether the rules want to see the body of the request. */
  get readsRequestBody(): boolean {
    const { mode, requestBodyAccess, outcome } = this.#state;
    return mode !== 'Off' && requestBodyAccess && outcome.kind === 'pass';
  }

  /** How many bytes of it they look at, at most: more need not be kept. */
  get requestBodyLimit(): number {
    return this.#state.requestBodyLimit;
  }

  /** Whether the rules want to see the body of the response, known once they have seen its head. */
  get readsResponseBody(): boolean {
    const { mode, responseBodyAccess, outcome, response, setup, forceResponseBody } = this.#state;
    if (mode === 'Off' || !responseBodyAccess || outcome.kind !== 'pass' || response === undefined)
      return false;
    if (forceResponseBody) return true;
    const type = fieldValue(response.fields, 'content-type') ?? '';
    return setup.settings.responseMediaTypes.includes(/^[^;,\s]*/.exec(type)![0].toLowerCase());
  }

  /** Phase 1. */
  requestHead(): Outcome {
    const { request, setup } = this.#state;
    this.#state.processor = setup.processorOf(fieldValue(request.fields, 'content-type') ?? '');
    return this.#run(1);
  }

  /** Phase 2. @param body the whole body, or as much as was kept; bytes, or a latin1 string */
  requestBody(body: Uint8Array | string = ''): Outcome {
    this.#beginRequestBody(body);
    this.#run(2);
    return this.#endRequestBody();
  }

  /**
   * The same in steps of some milliseconds, for a thread that serves others as well: they have their turn whenever it
   * yields. The time in between does not count.
   * @param work of a step, in bytes that operators look at
   */
  *requestBodyInSteps(body: Uint8Array | string = '', work = usualStep): Generator<void, Outcome> {
    this.#beginRequestBody(body);
    yield;
    yield* this.#runInSteps(2, work);
    return this.#endRequestBody();
  }

  #beginRequestBody(body: Uint8Array | string): void {
    if (this.#state.outcome.kind !== 'pass') return;
    try {
      this.#takeRequestBody(body);
    } catch (error) {
      this.#fail(error);
    }
  }

  #endRequestBody(): Outcome {
    const { mode, allowed, bodyFault, outcome } = this.#state;
    if (outcome.kind !== 'pass') return outcome;
    const isRefused = bodyFault !== undefined && this.#program.onBodyFault === 'refuse';
    if (isRefused && mode === 'On' && allowed === undefined) this.#refuse('body-fault', 400);
    return this.#state.outcome;
  }

  /** Phase 3. */
  responseHead(response: ResponseHead): Outcome {
    this.#state.response = response;
    return this.#run(3);
  }

  /** Phase 4. */
  responseBody(body: Uint8Array | string = ''): Outcome {
    if (this.readsResponseBody) this.#takeResponseBody(body);
    return this.#run(4);
  }

  /** Phase 5. */
  logging(): Outcome {
    return this.#run(5);
  }

  #takeRequestBody(body: Uint8Array | string): void {
    const state = this.#state;
    const { settings } = state.setup;
    if (!this.readsRequestBody || state.allowed !== undefined) return;
    const limit = state.requestBodyLimit;
    if (body.length > limit) {
      state.isRequestCut = true;
      if (settings.rejectsLongRequests && state.mode === 'On') return this.#refuse('body-limit', 413);
    }
    const text = latin1(body, limit);
    state.requestBodyLength = body.length;
    state.content = this.#readBody(text);
    const files = state.content.files.reduce((sum, { size }) => sum + size, 0);
    if (text.length - files <= settings.requestBodyNoFilesLimit) return;
    state.isRequestCut = true;
    if (settings.rejectsLongRequests && state.mode === 'On') this.#refuse('body-limit', 413);
  }

  #readBody(body: string): BodyContent {
    const state = this.#state;
    const { processor, setup, query } = state;
    if (body === '') return emptyContent;
    // As in ModSecurity 2, a body that a processor takes apart is no text for rules as well.
    if (processor === 'URLENCODED' || (processor === undefined && state.forceRequestBody))
      state.requestBody = body;
    if (processor === undefined) return emptyContent;
    const { argumentSeparator, argumentsLimit, jsonDepthLimit, uploadFileLimit } = setup.settings;
    const contentType = fieldValue(state.request.fields, 'content-type') ?? '';
    const parse = setup.bodyParsers[processor];
    if (processor === 'URLENCODED')
      state.isBodyInvalid = parseUrlencoded(body, argumentSeparator, 0).isInvalid;
    const left = Math.max(0, argumentsLimit - query.arguments.length);
    return parse(body, {
      contentType,
      argumentsLimit: left,
      argumentSeparator,
      jsonDepthLimit,
      uploadFileLimit,
    });
  }

  #takeResponseBody(body: Uint8Array | string): void {
    const state = this.#state;
    const { rejectsLongResponses } = state.setup.settings;
    state.isResponseCut = body.length > state.responseBodyLimit;
    if (state.isResponseCut && rejectsLongResponses && state.mode === 'On')
      return this.#refuse('body-limit', 500);
    state.responseBody = latin1(body, state.responseBodyLimit);
  }

  /** Nothing that goes wrong in here is an exception for the caller: it is an outcome that was declared. */
  #run(phase: Phase): Outcome {
    const state = this.#state;
    if (!this.#isDue(phase)) return state.outcome;
    try {
      state.enter(phase);
      runPhase(this.#program.phases[phase - 1]!, state, phase === 1 ? this.#settle() : 0);
      state.leave();
    } catch (error) {
      state.leave();
      this.#fail(error);
    }
    return state.outcome;
  }

  *#runInSteps(phase: Phase, work: number): Generator<void, void> {
    const state = this.#state;
    if (!this.#isDue(phase)) return;
    const phaseRules = this.#program.phases[phase - 1]!;
    const end = phaseRules.rules.length;
    state.enter(phase);
    for (let at = 0; at < end; ) {
      state.beginStep(work);
      try {
        at = runPhase(phaseRules, state, at);
      } catch (error) {
        at = end;
        this.#fail(error);
      }
      state.leave();
      if (at < end) yield;
    }
  }

  /** @returns the first rule of phase 1 that is left to run */
  #settle(): number {
    const { beginning } = this.#program;
    if (beginning === undefined) return 0;
    this.#state.settle(beginning);
    return beginning.length;
  }

  #isDue(phase: Phase): boolean {
    const { mode, outcome, allowed } = this.#state;
    if (mode === 'Off') return false;
    if (phase === 5) return true;
    if (outcome.kind !== 'pass' || allowed === 'transaction') return false;
    return allowed !== 'request' || phase > 2;
  }

  #fail(error: unknown): void {
    const isBudget = error instanceof BudgetFault;
    this.#state.fault ??= error as Error;
    if (this.#program.onFault === 'refuse') this.#refuse(isBudget ? 'budget' : 'fault', isBudget ? 503 : 500);
  }

  #refuse(cause: Cause, status: number): void {
    if (this.#state.outcome !== pass) return;
    this.#state.disrupt({ kind: 'deny', status, cause, ruleId: undefined, location: undefined });
  }
}

function latin1(body: Uint8Array | string, limit: number): string {
  if (typeof body === 'string') return body.length > limit ? body.slice(0, limit) : body;
  return Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, limit)).toString('latin1');
}
