import type { ZodType } from 'zod';
import type { Environment } from './environment.ts';
import type {
  Answer,
  Body,
  Ended,
  Head,
  Identified,
  Known,
  Located,
  Refuse,
  Reply,
  ReplyBody,
  Report,
  Rewritten,
  UpstreamRequest,
} from './exchange.ts';
import type { JsonLimits } from './http/json-limits.ts';
import type { ProblemName } from './problems/catalogue.ts';
import type { Operation } from './routing/apis.ts';

/** The phases of a request in which a policy can decide, in the order in which pipeline.ts runs them. */
export const phases = [
  'head',
  'identity',
  'rate',
  'authorize',
  'body',
  'upstream',
  'response',
  'reply',
  'record',
] as const;
export type Phase = (typeof phases)[number];

/** What each phase may see. Asking for the body in `head` is a compile error. */
export interface PhaseInput {
  head: Head;
  identity: Head;
  rate: Head & Known;
  authorize: Head & Known;
  body: Head & Known & Body;
  upstream: Head & Known & UpstreamRequest;
  response: Head & Known & Reply;
  reply: Head & Known & Reply & ReplyBody;
  record: Ended;
}

/** `undefined` is "continue": the common answer costs no allocation. A record cannot refuse. */
export type Verdict<P extends Phase> =
  | undefined
  | (P extends 'record' ? never : Refuse)
  | (P extends 'head' ? Answer | Located : never)
  | (P extends 'identity' ? Identified : never)
  | (P extends 'body' | 'reply' ? Rewritten : never)
  | (P extends 'body' | 'response' | 'reply' ? Report : never);

export type MaybePromise<T> = T | Promise<T>;

/** Once a reply is on its way nothing may wait, so the last three phases decide at once. */
export type Handler<P extends Phase> = (
  input: PhaseInput[P],
) => P extends 'response' | 'reply' | 'record' ? Verdict<P> : MaybePromise<Verdict<P>>;

/** A policy compiled for one configuration: a function for each phase that it stated. */
export type Prepared<P extends Phase = Phase> = {
  readonly [K in P]?: Handler<K>;
} & {
  /**
   * True when the request body must be held in memory, so that the `body` phase can see it whole. The path is that of the
   * request, for policies that are about a part of an API that has no definition.
   */
  readonly needsBody?: (operation: Operation | undefined, path: string) => boolean;
  /** True when a body that flows past must not do so before its first bytes are here, as `beginning`. */
  readonly needsBeginning?: (operation: Operation | undefined) => boolean;
  /**
   * How many bytes of a reply may be held in memory, so that the `reply` phase can see its content whole; 0 lets it flow
   * past unseen. A reply that is larger, encoded, a part of something or no single message is refused. Without this and
   * `glimpsesReply`, up to 1 MiB of every reply is held, if there is a handler for the phase.
   * @param reply its head; without it the client asks for an upgrade, of which there will be no content to see
   */
  readonly needsReply?: (operation: Operation | undefined, reply?: Head & Known & Reply) => number;
  /** What becomes of a reply that `needsReply` asks for and that cannot be held. Default `refuse`. */
  readonly unheldReply?: 'refuse' | 'report';
  /**
   * Where nothing is held, the `reply` phase sees what the gateway has whole anyway before it goes on: at most 64 KiB,
   * unencoded and no part of something. No reply waits for it.
   */
  readonly glimpsesReply?: boolean;
  /** Work that may be done ahead of the first request, in steps that are short enough to run beside requests. */
  readonly warm?: () => Iterable<void>;
  /**
   * Names below `/.well-known/` (RFC 8615) that the `head` phase answers. A request for one, with the path of the API
   * behind the name, comes to the API although that is outside of its path.
   */
  readonly wellKnown?: readonly string[];
  /**
   * Fields by which the gateway alone speaks to the upstream of the API. What a client sends under their names, in any
   * spelling that a server may read as one of them, is removed: for every operation, and in `monitor` too.
   */
  readonly gatewayFields?: readonly string[];
  /** Bounds on the request body, which the reader of the body keeps. */
  readonly bodyLimits?: BodyLimits;
};

export interface BodyLimits {
  /** Bytes of a body that is passed on as it arrives. */
  readonly size: number;
  /** Bytes of a body that is held in memory to be inspected. */
  readonly inspectedSize: number;
  /** Milliseconds in which `minimumRate` must be kept. */
  readonly timeout: number;
  /** Bytes a second. */
  readonly minimumRate: number;
  /** Of a body that is read as JSON. */
  readonly json: JsonLimits;
  /** Sizes are only recorded when exceeded: request-limits runs in `monitor`. */
  readonly observeOnly?: boolean;
}

export type Mode = 'enforce' | 'monitor' | 'off';

export interface PolicyDefinition<Config, P extends Phase = Phase> {
  /** Folder, key in portcullis.yaml, log field and page in the docs. */
  readonly name: string;
  /** One sentence for the reference. */
  readonly summary: string;
  readonly phase: P | readonly P[];
  /** The only source of types, validation, editor schema and reference page. */
  readonly schema: ZodType<Config>;
  /** Every way in which it can refuse. */
  readonly problems: readonly ProblemName[];
  /** What a fault of the policy itself means: security policies refuse (fail closed). */
  readonly onFault: 'refuse' | 'continue';
  /**
   * Files that `prepare` reads, as the configuration names them or absolute: a change of one is taken up like one of the
   * configuration.
   */
  readonly files?: (config: Config, folder: string) => readonly string[];
  /** Used for an API that does not name the policy: a configuration to run with, or undefined for not at all. */
  readonly byDefault?: (context: DefaultContext) => unknown;
  prepare(config: Config, environment: Environment): MaybePromise<Prepared<P>>;
}

/** What decides whether a policy runs unasked. */
export interface DefaultContext {
  readonly hasDefinition: boolean;
  /** The configuration says `authentication: none`: anybody may call. */
  readonly isOpen: boolean;
  /** Callers may be known by API keys, which can have limits of their own. */
  readonly acceptsKeys: boolean;
}

/**
 * Something wrong with one option of a policy; thrown by `prepare`, alone or several in an AggregateError, it is told at
 * the line of that option.
 */
export class OptionFault extends Error {
  /** Keys and indices, from the policy's own configuration inwards. */
  readonly option: readonly (string | number)[];

  constructor(option: readonly (string | number)[], message: string) {
    super(message);
    this.name = 'OptionFault';
    this.option = option;
  }
}

/** Something wrong elsewhere in the configuration, on which the policy relies: told there, once. */
export class PlacedFault extends Error {
  /** Keys and indices from the top of the configuration. */
  readonly place: readonly (string | number)[];

  constructor(place: readonly (string | number)[], message: string) {
    super(message);
    this.name = 'PlacedFault';
    this.place = place;
  }
}

/** Keeps the phase names literal, so that `prepare` is checked against exactly the phases stated. */
export function definePolicy<Config, const P extends Phase>(
  definition: PolicyDefinition<Config, P>,
): PolicyDefinition<Config, P> {
  return definition;
}
