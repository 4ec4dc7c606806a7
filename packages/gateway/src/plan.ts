import type { Head, Known, Reply } from './exchange.ts';
import type { ApiSeries } from './metrics/series.ts';
import type { BodyLimits, Handler, Phase } from './policy.ts';
import type { Api, Operation } from './routing/apis.ts';
import type { Upstream } from './upstream/upstream.ts';

/** One policy in one phase, ready to run. */
export interface Step<P extends Phase> {
  readonly policy: string;
  readonly mode: 'enforce' | 'monitor';
  readonly onFault: 'refuse' | 'continue';
  readonly run: Handler<P>;
  /** In the phase `reply`: also runs where a reply is not held for it, but whole anyway. */
  readonly glimpses: boolean;
}

/** That the content of a reply has to be seen whole. */
export interface ReplyHold {
  /** Bytes that are held at most. */
  readonly most: number;
  /** Who asks for it, for the record. */
  readonly policy: string;
  /** False when no policy that asks would refuse what it cannot see: then what cannot be held goes on unseen. */
  readonly enforced: boolean;
}

/** All that an operation's requests go through. Operations with the same policies share one. */
export interface Plan {
  readonly api: Api | undefined;
  readonly steps: { readonly [P in Phase]: readonly Step<P>[] };
  readonly holdsBody: (operation: Operation | undefined, path: string) => boolean;
  readonly seesBeginning: (operation: Operation | undefined) => boolean;
  readonly bodyLimits: BodyLimits;
  /** Undefined where replies flow past. */
  readonly holdsReply: (
    operation: Operation | undefined,
    reply: (Head & Known & Reply) | undefined,
  ) => ReplyHold | undefined;
  /** A policy looks at replies that are whole anyway. */
  readonly glimpsesReply: boolean;
  /** Fields that only the gateway may send to the upstream, by their plain names (http/field-name.ts). */
  readonly gatewayFields: ReadonlySet<string>;
  /** Names below `/.well-known/` that are answered for the API, and the policy that does. */
  readonly wellKnown: ReadonlyMap<string, string>;
  /** Undefined where there is nothing to forward to: requests that no API takes. */
  readonly upstream: Upstream | undefined;
  readonly series: ApiSeries;
}

/** Where a request leads. */
export interface Route {
  readonly plan: Plan;
  readonly operation: Operation | undefined;
  readonly pathValues: readonly string[];
  /** The path as the upstream knows it. */
  readonly upstreamPath: string;
}
