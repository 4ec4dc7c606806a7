import { randomUUID } from 'node:crypto';
import { type BodyContent, emptyContent, type NamedValue } from '../body/content.ts';
import type { BodyParsers } from '../body/processors.ts';
import { parseUrlencoded, type UrlencodedArguments } from '../body/urlencoded.ts';
import type { RuleSet } from '../model/rule.ts';
import type { Phase } from '../parse/action.ts';
import type { BodyProcessor, EngineMode } from '../parse/control.ts';
import { type CollectionStore, StoredCollection } from './collections.ts';
import { parseCookies } from './cookies.ts';
import type { Exclusions } from './exclusions.ts';
import { type ColumnPlans, Columns } from './filter/columns.ts';
import type { Item } from './item.ts';
import { BudgetFault, maximumMatchedVariables } from './limits.ts';
import { type Disruption, type Outcome, pass, type RuleMatch } from './outcome.ts';
import type { RequestHead, ResponseHead } from './request.ts';
import type { EngineRule } from './rule.ts';
import type { Beginning } from './settled.ts';
import { type TargetParts, targetParts } from './target.ts';
import { Tx, type TxNames } from './tx.ts';
import type { CollectionVariable } from './variables/entry.ts';

/** What is the same for all transactions of an engine. */
export interface Setup {
  readonly settings: EngineSettings;
  readonly names: TxNames;
  /** Milliseconds since 1970, fractions too. */
  readonly now: () => number;
  readonly store: CollectionStore;
  readonly bodyParsers: Required<BodyParsers>;
  readonly processorOf: (contentType: string) => BodyProcessor | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** How long, in milliseconds, all phases of a transaction may take together. */
  readonly budget: number;
  /** How many rules there are in all phases. */
  readonly ruleCount: number;
  readonly columns: ColumnPlans;
}

/** Settings with ModSecurity's defaults, but for the engine and the request body, which are on. */
export type EngineSettings = ReturnType<typeof settingsOf>;

export function settingsOf({ settings }: RuleSet) {
  return {
    mode: settings.ruleEngine ?? ('On' as EngineMode),
    requestBodyAccess: settings.requestBodyAccess ?? true,
    requestBodyLimit: settings.requestBodyLimit ?? 134_217_728,
    requestBodyNoFilesLimit: settings.requestBodyNoFilesLimit ?? 1_048_576,
    rejectsLongRequests: settings.requestBodyLimitAction !== 'ProcessPartial',
    jsonDepthLimit: settings.requestBodyJsonDepthLimit ?? 10_000,
    argumentsLimit: settings.argumentsLimit ?? 1_000,
    uploadFileLimit: settings.uploadFileLimit ?? 100,
    responseBodyAccess: settings.responseBodyAccess ?? false,
    responseBodyLimit: settings.responseBodyLimit ?? 524_288,
    rejectsLongResponses: settings.responseBodyLimitAction !== 'ProcessPartial',
    responseMediaTypes:
      settings.responseBodyMimeTypes.length > 0
        ? settings.responseBodyMimeTypes
        : ['text/plain', 'text/html'],
    /** In milliseconds. */
    collectionLifetime: (settings.collectionTimeout ?? 3_600) * 1_000,
    argumentSeparator: settings.argumentSeparator ?? '&',
    cookieFormat: settings.cookieFormat ?? (0 as const),
  };
}

/**
 * The clock is looked at after this much work. What an operator costs beyond the bytes of its value counts as a few of them:
 * at worst, where a pattern backtracks until V8 gives it up, that is a third of a millisecond, and twenty between two looks.
 */
const workBetweenLooks = 4_096;
const workOfOperator = 64;

/** Where rules rest within one of them. */
export interface Pause {
  /** Of the rule's links. */
  link: number;
  /** Of the values of the link, the first that was not looked at. */
  readonly index: number;
  /** Whether one of those before has matched. */
  readonly isMatch: boolean;
}

/** Everything that rules see and change in one transaction. What is read from the request is read when first asked for. */
export class State {
  readonly setup: Setup;
  readonly request: RequestHead;
  readonly started: number;
  readonly tx: Tx;
  readonly columns: Columns;
  response: ResponseHead | undefined;

  mode: EngineMode;
  processor: BodyProcessor | undefined;
  requestBodyAccess: boolean;
  requestBodyLimit: number;
  forceRequestBody = false;
  responseBodyAccess: boolean;
  responseBodyLimit: number;
  forceResponseBody = false;
  /** What `ctl:auditEngine` says, for who keeps records; undefined where no rule does. */
  auditMode: 'On' | 'Off' | 'RelevantOnly' | undefined;

  content: BodyContent = emptyContent;
  /** REQUEST_BODY; undefined where a processor took the body apart, or there is none. */
  requestBody: string | undefined;
  requestBodyLength = 0;
  isRequestCut = false;
  /** Of the encoding of a body of arguments. */
  isBodyInvalid = false;
  responseBody: string | undefined;
  isResponseCut = false;

  /** The rule that is being evaluated, for `%{RULE.id}`. */
  rule: EngineRule | undefined;
  matched: Item | undefined;
  /** MATCHED_VARS: what matched in the rule, all its links together. */
  readonly matchedItems: Item[] = [];
  highestSeverity = 255;
  /** By the index of the rule, for rules that `ctl:` removed; undefined while there are none. */
  removed: Uint8Array | undefined;
  /** By the index of the rule, what `ctl:` took away from its targets; undefined while there is nothing. */
  exclusions: Map<number, Exclusions> | undefined;

  outcome: Outcome = pass;
  /** What went wrong in the engine, for whoever looks after it. */
  fault: Error | undefined;
  /** Whether the phase is to go on with no other rule. */
  hasEnded = false;
  /** Which phases `allow` has let through. */
  allowed: 'transaction' | 'request' | undefined;
  readonly matches: RuleMatch[] = [];
  /** Those that were not recorded too. */
  matchCount = 0;

  sessionId = '';
  userId = '';
  readonly variables = new Map<string, string>();
  readonly #collections = new Map<string, StoredCollection>();
  readonly #members = new Map<CollectionVariable, readonly Item[]>();
  #target: TargetParts | undefined;
  #query: UrlencodedArguments | undefined;
  #cookies: readonly NamedValue[] | undefined;
  #id: string | undefined;
  #isSettled = false;
  /** Set while rules rest within one of them. */
  pause: Pause | undefined;
  #work = 0;
  #nextLook = workBetweenLooks;
  #restsAt = Number.POSITIVE_INFINITY;
  #timeUsed = 0;
  #phaseStarted = 0;

  constructor(setup: Setup, request: RequestHead) {
    const { settings } = setup;
    this.setup = setup;
    this.request = request;
    this.started = setup.now();
    this.tx = new Tx(setup.names);
    this.columns = new Columns(setup.columns, this);
    this.mode = settings.mode;
    this.requestBodyAccess = settings.requestBodyAccess;
    this.requestBodyLimit = settings.requestBodyLimit;
    this.responseBodyAccess = settings.responseBodyAccess;
    this.responseBodyLimit = settings.responseBodyLimit;
    this.#id = request.id;
  }

  get target(): TargetParts {
    this.#target ??= targetParts(this.request.target);
    return this.#target;
  }

  get query(): UrlencodedArguments {
    const { argumentSeparator, argumentsLimit } = this.setup.settings;
    this.#query ??= parseUrlencoded(this.target.query, argumentSeparator, argumentsLimit);
    return this.#query;
  }

  get cookies(): readonly NamedValue[] {
    this.#cookies ??= parseCookies(this.request.fields, this.setup.settings.cookieFormat);
    return this.#cookies;
  }

  get id(): string {
    this.#id ??= randomUUID();
    return this.#id;
  }

  /** REQBODY_ERROR_MSG; undefined without an error. Arguments beyond the limit were not looked at, wherever they stood. */
  get bodyFault(): string | undefined {
    return this.content.fault ?? (this.query.isCut ? 'too many arguments' : undefined);
  }

  /** `initcol`: from here on the collection is the one of this key. */
  open(name: string, key: string): void {
    const { store, now, settings } = this.setup;
    const time = now();
    const found = store.find(name, key, time, settings.collectionLifetime);
    this.#collections.set(name, found ?? new StoredCollection(key, time));
  }

  collection(name: string): StoredCollection | undefined {
    return this.#collections.get(name);
  }

  /** To be written to: the one that is kept, as another transaction may have begun the same meanwhile. */
  written(name: string): StoredCollection | undefined {
    const own = this.#collections.get(name);
    if (own === undefined) return undefined;
    const { store, now, settings } = this.setup;
    const time = now();
    const collection = store.find(name, own.key, time, settings.collectionLifetime) ?? own;
    if (collection !== own) this.#collections.set(name, collection);
    store.keep(name, collection, time);
    return collection;
  }

  /** The members of a collection that rules do not change, made once for a phase. */
  members(variable: CollectionVariable): readonly Item[] {
    let items = this.#members.get(variable);
    if (items === undefined) {
      items = variable.read(this);
      this.#members.set(variable, items);
    }
    return items;
  }

  /** A phase begins, before which what rules look at has changed. */
  enter(phase: Phase): void {
    this.hasEnded = false;
    this.pause = undefined;
    this.#restsAt = Number.POSITIVE_INFINITY;
    this.#phaseStarted = this.setup.now();
    this.#members.clear();
    if (phase === 2) this.columns.forget('body');
    else if (phase > 2) this.columns.forget('response');
  }

  /** A step begins, at the end of which rules rest. */
  beginStep(work: number): void {
    this.#phaseStarted = this.setup.now();
    this.#restsAt = this.#work + work;
  }

  /** Whether the step is at its end. */
  get isDue(): boolean {
    return this.#work >= this.#restsAt;
  }

  /** Goes on with the values of a link where they were left. */
  takePause(): Pause | undefined {
    const { pause } = this;
    this.pause = undefined;
    return pause;
  }

  /** A phase ends, or one of its steps. Time counts only while rules run. */
  leave(): void {
    this.#timeUsed += this.setup.now() - this.#phaseStarted;
  }

  /** Phase 1 begins behind the rules that are settled. */
  settle({ slots, matched }: Beginning): void {
    this.tx.restore(slots);
    this.matched = matched;
    this.#isSettled = true;
  }

  /** Whether what is known of rules beforehand holds: none of them, and none of their targets, has been removed. */
  get followsShortcuts(): boolean {
    return this.#isSettled && this.removed === undefined && this.exclusions === undefined;
  }

  /** A rule begins. */
  begin(rule: EngineRule): void {
    this.rule = rule;
    if (this.matchedItems.length > 0) this.matchedItems.length = 0;
  }

  /** @param keep whether MATCHED_VARS may be asked for */
  noteMatch(item: Item, keep: boolean): void {
    this.matched = item;
    if (keep && this.matchedItems.length < maximumMatchedVariables) this.matchedItems.push(item);
  }

  disrupt(disruption: Disruption): void {
    this.outcome = disruption;
    this.hasEnded = true;
  }

  allow(scope: 'transaction' | 'phase' | 'request'): void {
    if (scope !== 'phase') this.allowed = scope;
    this.hasEnded = true;
  }

  switchTo(mode: EngineMode): void {
    this.mode = mode;
    if (mode === 'Off') this.hasEnded = true;
  }

  /**
   * An operator or a transformation is to look at so many bytes.
   * @param weight how many times as much as a pattern it takes for that
   * @throws BudgetFault when the time is up
   */
  spend(bytes: number, weight = 1): void {
    this.#work += (bytes + workOfOperator) * weight;
    if (this.#work >= this.#nextLook) this.#checkTime();
  }

  #checkTime(): void {
    this.#nextLook = this.#work + workBetweenLooks;
    if (this.#timeUsed + this.setup.now() - this.#phaseStarted > this.setup.budget)
      throw new BudgetFault('the time for this transaction is used up');
  }
}
