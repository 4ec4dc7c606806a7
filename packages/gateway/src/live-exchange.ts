import type {
  Answer,
  Body,
  ClientCertificate,
  Ended,
  Finding,
  Identified,
  Located,
  Observation,
  Principal,
  Refuse,
  Reply,
  ReplyBody,
  Rewritten,
  UpstreamOutcome,
  UpstreamRequest,
} from './exchange.ts';
import type { Gateway } from './gateway.ts';
import { removeChecksums } from './http/content-fields.ts';
import { Fields } from './http/fields.ts';
import { parseJson } from './http/json.ts';
import type { JsonLimits } from './http/json-limits.ts';
import type { Traceparent } from './http/trace-context.ts';
import type { PassingBody } from './listener/body.ts';
import type { Inbound, Owner } from './listener/inbound.ts';
import type { Plan, Route } from './plan.ts';
import type { ProblemName } from './problems/catalogue.ts';
import type { Api, Operation } from './routing/apis.ts';

type Note = string | number | boolean | readonly string[];

/**
 * One request on its way. Policies see it through the interfaces of exchange.ts, which show each phase only
 * what exists by then; a single object of one shape keeps the hot path free of allocation.
 */
export class LiveExchange implements Ended, Body, UpstreamRequest, Reply, ReplyBody, Owner {
  readonly inbound: Inbound;
  readonly startedAt: number;
  readonly receivedAt: number;
  id = '';
  trace: Traceparent = noTrace;
  readonly method: string;
  path = '';
  hasPathParameters = false;
  query = '';
  /** As the upstream gets to see it. */
  upstreamQuery = '';
  /** The path as the upstream knows it. */
  upstreamPath = '';
  scheme: 'http' | 'https';
  authority = '';
  host = '';
  httpVersion: '1.0' | '1.1' | '2' = '1.1';
  fields: Fields = noFields;
  readonly peerAddress: string;
  clientAddress: string;
  plan: Plan;
  operation: Operation | undefined = undefined;
  pathValues: readonly string[] = none;
  principal: Principal | undefined = undefined;
  body: Buffer | undefined = undefined;
  beginning: Buffer | undefined = undefined;
  upstreamFields: Fields = noFields;
  replyFields: Fields = noFields;
  /** Set while the policies of the phase `reply` run. */
  /** The content, or how to come by it. */
  #replyBody: Buffer | (() => Buffer) = empty;
  status = 0;
  refusal: Ended['refusal'] = undefined;
  observations: Observation[] = noObservations;
  notes: Record<string, Note> | undefined = undefined;
  duration = 0;
  requestBytes = 0;
  replyBytes = 0;
  upstream: UpstreamOutcome | undefined = undefined;
  aborted = false;
  ended = false;
  /** The policy, or part of the gateway, that decides at present; named in a refusal's record. */
  decidedBy = '';
  /** The body while it flows; undefined when it is whole in `body`, or there is none. */
  passing: PassingBody | undefined = undefined;
  /** Set when the body broke off; nothing of it counts then. */
  bodyFault: ProblemName | undefined = undefined;
  /** Gives up what is in progress for this exchange: a body being read, an upstream request. */
  inHand: Cancellable | undefined = undefined;
  /** Fields for whatever reply comes, name and value by turns. */
  added: string[] | undefined = undefined;
  #json: unknown = undefined;
  readonly #gateway: Gateway;

  constructor(inbound: Inbound, gateway: Gateway) {
    this.inbound = inbound;
    inbound.owner = this;
    this.#gateway = gateway;
    this.plan = gateway.planForNobody;
    this.startedAt = performance.now();
    this.receivedAt = Date.now();
    this.method = inbound.method;
    this.scheme = inbound.secure ? 'https' : 'http';
    this.peerAddress = inbound.peerAddress;
    this.clientAddress = inbound.peerAddress;
  }

  get traceId(): string {
    return this.trace.traceId;
  }

  get hasBody(): boolean {
    return this.inbound.hasBody;
  }

  get jsonLimits(): JsonLimits {
    return this.plan.bodyLimits.json;
  }

  get heldSize(): number {
    return this.plan.bodyLimits.inspectedSize;
  }

  get internalListener(): string | undefined {
    return this.inbound.listener.internalName;
  }

  get clientCertificate(): ClientCertificate | undefined {
    return this.inbound.clientCertificate;
  }

  get upgrade(): 'websocket' | undefined {
    return this.inbound.upgrade;
  }

  get fromUpstream(): boolean {
    return this.refusal === undefined && this.upstream?.status !== undefined;
  }

  get api(): Api | undefined {
    return this.plan.api;
  }

  get rawTarget(): string {
    return this.inbound.rawTarget;
  }

  get rawFields(): readonly string[] {
    return this.inbound.rawFields;
  }

  abandoned(): void {
    this.#gateway.abandon(this);
  }

  bodyBroke(problem: ProblemName): void {
    this.bodyFault = problem;
    (this.inHand ?? this.passing)?.bodyBroke?.(problem);
  }

  take(route: Route): void {
    this.plan = route.plan;
    this.operation = route.operation;
    this.pathValues = route.pathValues;
    this.upstreamPath = route.upstreamPath;
  }

  get replyBody(): Buffer {
    if (typeof this.#replyBody === 'function') this.#replyBody = this.#replyBody();
    return this.#replyBody;
  }

  set replyBody(content: Buffer | (() => Buffer)) {
    this.#replyBody = content;
  }

  addReplyField(name: string, value: string): void {
    if (this.added === undefined) this.added = [name, value];
    else this.added.push(name, value);
  }

  setReplyField(name: string, value: string): void {
    const added = this.added;
    if (added !== undefined) {
      for (let i = 0; i < added.length; i += 2) {
        if (added[i] !== name) continue;
        added[i + 1] = value;
        return;
      }
    }
    this.addReplyField(name, value);
  }

  addedReplyField(name: string): string | undefined {
    const added = this.added;
    if (added === undefined) return undefined;
    for (let i = 0; i < added.length; i += 2) if (added[i] === name) return added[i + 1];
    return undefined;
  }

  note(name: string, value: Note): void {
    this.notes ??= {};
    this.notes[name] = value;
  }

  observe(policy: string, verdict: Refuse | Finding): void {
    if (this.observations === noObservations) this.observations = [];
    const reason = verdict.reason ?? ('detail' in verdict ? verdict.detail : undefined);
    this.observations.push({ policy, problem: verdict.problem, reason });
  }

  json(): unknown {
    if (this.#json === undefined) this.#json = parseJson(this.body ?? empty, this.jsonLimits);
    return this.#json;
  }

  /** Takes over what a verdict says of the request; endings are left to the pipeline. */
  accept(verdict: Located | Identified | Rewritten): void {
    if (verdict.kind === 'rewritten') {
      this.body = verdict.body;
      removeChecksums(this.fields);
      if (verdict.decoded === true) this.fields.remove('content-encoding');
      if (verdict.contentType !== undefined) this.fields.set('content-type', verdict.contentType);
      this.#json = undefined;
      return;
    }
    if (verdict.kind === 'identified') {
      this.principal = verdict.principal;
      return;
    }
    this.clientAddress = verdict.address;
    if (verdict.scheme !== undefined) this.scheme = verdict.scheme;
  }
}

/** Work in progress for an exchange that can be given up. */
export interface Cancellable {
  cancel(): void;
  /** The body that it reads or passes on turned out to be none. */
  bodyBroke?(problem: ProblemName): void;
}

export type Ending = Refuse | Answer;

const empty = Buffer.alloc(0);
const noFields = new Fields(Object.freeze([]) as unknown as string[]);
const noTrace: Traceparent = { traceId: '', parentId: '', flags: 0 };
const none: readonly string[] = Object.freeze([]);
const noObservations = Object.freeze([]) as unknown as Observation[];
