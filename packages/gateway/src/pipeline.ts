import { conclude } from './conclude.ts';
import { type Answer, type Refuse, refuse } from './exchange.ts';
import type { Gateway } from './gateway.ts';
import { identify, malformedTarget, takeIn } from './intake.ts';
import { heldAnyway, PassingBody, WholeBody } from './listener/body.ts';
import type { Inbound } from './listener/inbound.ts';
import { type Ending, LiveExchange } from './live-exchange.ts';
import { refuseMisdirected } from './misdirected.ts';
import { phase } from './phase.ts';
import type { BodyLimits, MaybePromise } from './policy.ts';
import type { ProblemName } from './problems/catalogue.ts';
import { takesPathParameters } from './routing/path-parameters.ts';
import { writeUpstreamFields } from './upstream/fields.ts';
import { forward } from './upstream/forwarding.ts';

/** Looks at the exchange and lets it go on (undefined), or says how it ends. */
type Stage = (gateway: Gateway, exchange: LiveExchange) => MaybePromise<Ending | undefined>;

/**
 * The life of a request, top-down. The order inside a phase is that of policies/index.ts. The phases
 * `response` and `record` run in conclude.ts and upstream/forwarding.ts, when there is a reply.
 */
const life: readonly Stage[] = [
  readHead, //           one framing, one Host, one path
  redirectToHttps, //    plain http is for redirects only, unless the configuration says otherwise
  refuseMisdirected, //  was the connection opened for this host
  admit, //              not more at once than the thread can carry
  findRoute, //          which API, which operation, and so which policies
  phase('head'), //      limits, client address, access by place, CORS, the definition's paths
  requireRoute,
  phase('identity'), //  who calls
  phase('rate'), //      limits for whom it is
  phase('authorize'), // may they
  readBody, //           not before it is known that they may
  phase('body'), //      is the content what the definition says
  writeUpstreamFields,
  phase('upstream'), //  what the upstream gets to see
  forward, //            from here on the reply leads
];

/** Answers one request. Never throws and never rejects: whatever happens, the exchange ends exactly once. */
export function serve(gateway: Gateway, inbound: Inbound): void {
  const exchange = new LiveExchange(inbound, gateway);
  gateway.began();
  advance(gateway, exchange, 0);
}

/** Refuses what the parser could not make a request of; it is recorded like any other refusal. */
export function refuseUnparsed(
  gateway: Gateway,
  inbound: Inbound,
  problem: ProblemName,
  reason: string,
): void {
  const exchange = new LiveExchange(inbound, gateway);
  gateway.began();
  identify(exchange);
  exchange.decidedBy = 'http';
  conclude(gateway, exchange, refuse(problem, { reason }));
}

function advance(gateway: Gateway, exchange: LiveExchange, from: number): void {
  try {
    for (let i = from; i < life.length; i++) {
      const ending = life[i]!(gateway, exchange);
      if (ending === undefined) continue;
      if (ending instanceof Promise) return resume(gateway, exchange, i, ending);
      return conclude(gateway, exchange, ending);
    }
  } catch (fault) {
    failed(gateway, exchange, fault);
  }
}

/** Goes on after a stage that had to wait, unless the caller went away meanwhile. */
function resume(
  gateway: Gateway,
  exchange: LiveExchange,
  stage: number,
  pending: Promise<Ending | undefined>,
): void {
  pending.then(
    (ending) => {
      if (exchange.ended) return;
      if (ending === undefined) advance(gateway, exchange, stage + 1);
      else conclude(gateway, exchange, ending);
    },
    (fault: unknown) => failed(gateway, exchange, fault),
  );
}

/** A fault of the pipeline itself; faults of policies are dealt with in phase.ts. Closed: nothing passes. */
function failed(gateway: Gateway, exchange: LiveExchange, fault: unknown): void {
  gateway.fault(exchange, 'pipeline', fault);
  if (!exchange.ended) conclude(gateway, exchange, refuse('policy-fault', { reason: 'pipeline' }));
}

function readHead(_: Gateway, exchange: LiveExchange): Ending | undefined {
  exchange.decidedBy = 'http';
  return takeIn(exchange);
}

/** RFC 9110 section 15.4.9: 308 keeps method and body, so that a POST is not turned into a GET. */
function redirectToHttps(_: Gateway, exchange: LiveExchange): Answer | undefined {
  const port = exchange.inbound.listener.redirectPort;
  if (port === undefined) return undefined;
  const authority = port === 443 ? exchange.host : `${exchange.host}:${port}`;
  const query = exchange.query === '' ? '' : `?${exchange.query}`;
  exchange.inbound.closeAfter();
  return {
    kind: 'answer',
    status: 308,
    fields: ['location', `https://${authority}${exchange.path}${query}`],
  };
}

function admit(gateway: Gateway, exchange: LiveExchange): Refuse | undefined {
  if (gateway.inProgress <= gateway.maximumInProgress) return undefined;
  exchange.decidedBy = 'gateway';
  return refuse('overloaded', { fields: ['retry-after', '1'] });
}

function findRoute(gateway: Gateway, exchange: LiveExchange): Refuse | undefined {
  const route = gateway.routes.find(exchange.host, exchange.path, exchange.method, exchange);
  if (route !== undefined) exchange.take(route);
  if (!exchange.hasPathParameters || takesPathParameters(exchange.operation, exchange.path)) return undefined;
  exchange.decidedBy = 'http';
  return malformedTarget('path-parameter');
}

/** Comes after the head phase, so that a search for paths is limited and recorded like any other request. */
function requireRoute(gateway: Gateway, exchange: LiveExchange): Refuse | undefined {
  if (exchange.plan !== gateway.planForNobody) return undefined;
  exchange.decidedBy = 'routing';
  return refuse('api-unknown');
}

/**
 * Takes the body in. Whole, where it is inspected or small enough; then the upstream is asked for nothing
 * until it is here. Otherwise its beginning, and the rest flows.
 */
function readBody(gateway: Gateway, exchange: LiveExchange): MaybePromise<Ending | undefined> {
  const { inbound, plan } = exchange;
  if (!inbound.hasBody) return undefined;
  if (exchange.bodyFault !== undefined) {
    exchange.decidedBy = 'http';
    return refuse(exchange.bodyFault);
  }
  exchange.decidedBy = 'request-limits';
  const held = plan.holdsBody(exchange.operation, exchange.path);
  const limits = boundsFor(exchange, held);
  const bound = held ? limits.inspectedSize : Math.min(heldAnyway, limits.size);
  const announced = Number(exchange.fields.get('content-length') ?? 0);
  if (announced > (held ? bound : limits.size)) return refuse('body-too-large');
  if (!held && isConversation(exchange) && !plan.seesBeginning(exchange.operation)) {
    const { idleTimeout } = plan.upstream!.settings;
    const patient = { ...limits, timeout: idleTimeout, minimumRate: 0 };
    exchange.passing = new PassingBody(inbound.body(), noBytes, patient, gateway.stalls);
    return undefined;
  }
  return new Promise((resolve) => {
    const source = inbound.body();
    const whole = new WholeBody(source, bound, limits, gateway.stalls, (fault, bytes, more) => {
      exchange.inHand = undefined;
      exchange.requestBytes = bytes.length;
      if (fault !== undefined) {
        exchange.decidedBy = fault.decidedBy;
        return resolve(refuse(fault.problem));
      }
      if (!more) exchange.body = bytes;
      else if (held || bytes.length > limits.size) return resolve(refuse('body-too-large'));
      else {
        if (plan.seesBeginning(exchange.operation)) exchange.beginning = bytes;
        exchange.passing = new PassingBody(source, bytes, limits, gateway.stalls);
      }
      resolve(undefined);
    });
    exchange.inHand = whole;
  });
}

/**
 * A body of unknown length to an upstream that speaks HTTP/2 may be one half of a conversation, as in gRPC: the client
 * says no more until it is answered. It holds a stream there, not a connection, so that waiting harms nobody else.
 */
function isConversation({ plan, fields }: LiveExchange): boolean {
  return plan.upstream?.settings.protocol === 'http2' && !fields.has('content-length');
}

const noBytes = Buffer.alloc(0);

/** Where sizes are only observed, a body that announces too much is noted, and let through as far as memory goes. */
function boundsFor(exchange: LiveExchange, held: boolean): BodyLimits {
  const limits = exchange.plan.bodyLimits;
  if (limits.observeOnly !== true) return limits;
  const announced = Number(exchange.fields.get('content-length') ?? 0);
  if (announced > (held ? limits.inspectedSize : limits.size))
    exchange.observe('request-limits', refuse('body-too-large'));
  return {
    ...limits,
    size: Number.POSITIVE_INFINITY,
    inspectedSize: Math.max(limits.inspectedSize, observedBound),
  };
}

/** Bytes of a body that are held even where limits are only observed. */
const observedBound = 64 * 1_048_576;
