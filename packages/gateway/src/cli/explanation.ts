import type { Loaded } from '../config/load.ts';
import type { Configuration } from '../config/schema.ts';
import type { Gateway } from '../gateway.ts';
import { Fields } from '../http/fields.ts';
import { withoutParameters } from '../http/query.ts';
import type { Plan, Route } from '../plan.ts';
import { withheldParameters } from '../policies/authentication/query-parameters.ts';
import type { OperationRules } from '../policies/authorization/rules.ts';
import { type Phase, phases } from '../policy.ts';
import { catalogue, type ProblemName } from '../problems/catalogue.ts';
import { takesPathParameters } from '../routing/path-parameters.ts';
import { answeredBy } from '../routing/route-table.ts';
import { reachOf } from '../routing/visibility.ts';
import { type Access, whoMay } from './access.ts';
import { type RulesFor, rulesOfApi } from './api-rules.ts';
import { type AskedBy, requestOf } from './asked-principal.ts';
import type { AskedRequest } from './asked-request.ts';
import { type Decision, decide } from './decision.ts';
import { type PolicyView, viewPolicies } from './policy-view.ts';
import { listenerFor, type ReadHead, readHead, targetDetail } from './request-head.ts';

/** What becomes of a request, as far as its method and URL decide. */
export interface Explanation {
  readonly asked: AskedRequest;
  /** As the gateway reads it; undefined when it refuses to. */
  readonly read: ReadHead | undefined;
  /** What to know about ports and TLS. */
  readonly notes: readonly string[];
  readonly outcome: Outcome;
  readonly api: string | undefined;
  readonly operation: OperationView | undefined;
  readonly access: Access | undefined;
  /** Of authorization, about whoever was described. */
  readonly decision: Decision | undefined;
  /** By phase, in the order in which the request meets them. */
  readonly steps: readonly StepView[];
  /** In the file, or by default, but with nothing to do for this request. */
  readonly idle: readonly { readonly view: PolicyView; readonly because: string }[];
  readonly body: BodyView | undefined;
}

export type Outcome =
  | {
      readonly kind: 'refused';
      readonly problem: ProblemName;
      readonly status: number;
      readonly by: string;
      readonly detail: string;
      readonly allow?: readonly string[];
    }
  | { readonly kind: 'answered'; readonly by: string; readonly detail: string }
  | { readonly kind: 'redirected'; readonly status: 308; readonly location: string }
  | { readonly kind: 'unheard'; readonly detail: string }
  | {
      readonly kind: 'forwarded';
      readonly targets: readonly string[];
      readonly target: string;
      readonly host: string;
    };

export interface OperationView {
  readonly id: string;
  readonly method: string;
  readonly template: string;
  readonly summary: string | undefined;
  readonly deprecated: boolean;
  readonly values: Readonly<Record<string, string>>;
}

export interface StepView {
  readonly phase: Phase;
  readonly view: PolicyView;
  readonly onFault: 'refuse' | 'continue';
}

/** Sizes in bytes. */
export interface BodyView {
  readonly held: boolean;
  readonly most: number;
}

/** Follows pipeline.ts for a request with this method and URL. */
export async function explainRequest(
  asked: AskedRequest,
  loaded: Loaded,
  gateway: Gateway,
  by: AskedBy = { principal: undefined, address: undefined, listener: undefined, time: Date.now() },
): Promise<Explanation> {
  const { configuration } = loaded.bundle;
  const nobody = new Explaining(asked, loaded, gateway.planForNobody, undefined, () => undefined);
  const heard = listenerFor(asked, configuration, by.listener);
  if (heard.kind === 'unheard') return nobody.ends(heard, [], []);

  const read = readHead(asked);
  if ('problem' in read)
    return nobody.ends(refused(read.problem, 'http', read.detail), heard.notes, ['response', 'record']);
  nobody.read = read;
  if (heard.redirectPort !== undefined) {
    return nobody.ends(
      { kind: 'redirected', status: 308, location: locationOf(read, heard.redirectPort) },
      heard.notes,
      ['response', 'record'],
    );
  }
  const any = gateway.routes.find(read.host, read.path, asked.method);
  const isPlaced = by.address !== undefined || by.listener !== undefined;
  const seen = { peerAddress: by.address ?? '', internalListener: by.listener, fields: new Fields() };
  const route = isPlaced ? gateway.routes.find(read.host, read.path, asked.method, seen) : any;
  const notes = [...heard.notes, ...visibilityNotes(any, route, configuration, by)];
  if (read.hasPathParameters && !takesPathParameters(route?.operation, read.path)) {
    const refusal = refused('malformed-target', 'http', targetDetail('path-parameter'));
    return nobody.ends(refusal, notes, ['response', 'record']);
  }
  if (route === undefined) {
    return nobody.ends(refused('api-unknown', 'routing', whereApisAre(configuration)), notes, [
      'head',
      'response',
      'record',
    ]);
  }
  const rules = await rulesOfApi(loaded, route.plan.api!);
  const explaining = new Explaining(asked, loaded, route.plan, route, rules);
  explaining.read = read;
  if (by.principal !== undefined) explaining.by = by;
  return explaining.follows(notes);
}

/** About an API that is not there for everybody. */
function visibilityNotes(
  any: Route | undefined,
  route: Route | undefined,
  { apis, listen }: Configuration,
  { address, listener }: AskedBy,
): string[] {
  const name = any?.plan.api?.name ?? '';
  const api = apis[name];
  if (api?.visibility !== 'internal') return [];
  const { listeners, networks } = reachOf(api, listen.internal);
  const needs = [
    ...(listeners === undefined ? [] : [`by the listener ${listeners.join(' or ')} (--listener NAME)`]),
    ...(networks === undefined ? [] : [`from ${networks.join(', ')} (--from ADDRESS)`]),
  ].join(' and ');
  if (address === undefined && listener === undefined)
    return [`${name} is internal: it is there only for requests ${needs}`];
  const here = [
    ...(address === undefined ? [] : [`from ${address}`]),
    ...(listener !== undefined
      ? [`by the listener ${listener}`]
      : listeners !== undefined
        ? ['by a public listener']
        : []),
  ].join(' ');
  if (route?.plan.api === any?.plan.api) return [`${name} is internal, and there for a request ${here}`];
  return [`${name} is internal, and not there for a request ${here}: it has to come ${needs}`];
}

function locationOf({ host, path, query }: ReadHead, port: number): string {
  return `https://${port === 443 ? host : `${host}:${port}`}${withQuery(path, query)}`;
}

function withQuery(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`;
}

function refused(problem: ProblemName, by: string, detail: string, allow?: readonly string[]): Outcome {
  const base = { kind: 'refused', problem, status: catalogue[problem].status, by, detail } as const;
  return allow === undefined ? base : { ...base, allow };
}

function whereApisAre({ apis }: Configuration): string {
  const places = Object.entries(apis).map(
    ([name, { hosts = ['*'], basePath = '/' }]) =>
      `${name} at ${hosts.map((host) => (host === '*' ? 'every host' : host)).join(', ')}, ${basePath}`,
  );
  return `No API takes it. There ${places.length === 1 ? 'is' : 'are'} ${places.join('; ') || 'no API at all'}.`;
}

function lastReason({ steps }: Decision): string {
  const last = steps.at(-1);
  return last?.reason ?? last?.asks ?? '';
}

/** One way through the pipeline. */
class Explaining {
  read: ReadHead | undefined = undefined;
  /** Somebody who was described. */
  by: AskedBy | undefined = undefined;
  readonly #asked: AskedRequest;
  readonly #loaded: Loaded;
  readonly #plan: Plan;
  readonly #route: Route | undefined;
  readonly #views: readonly PolicyView[];
  readonly #rules: OperationRules | undefined;

  constructor(asked: AskedRequest, loaded: Loaded, plan: Plan, route: Route | undefined, rules: RulesFor) {
    this.#asked = asked;
    this.#loaded = loaded;
    this.#plan = plan;
    this.#route = route;
    const operation = route?.operation;
    const written = operation === undefined ? undefined : `${operation.method} ${operation.path}`;
    this.#views = viewPolicies(loaded, { api: plan.api, operation: written });
    this.#rules = rules(this.#views)?.of(operation);
  }

  /** @param met the phases that the request still goes through */
  ends(outcome: Outcome, notes: readonly string[], met: readonly Phase[], last?: string): Explanation {
    const { api } = this.#plan;
    const operation = this.#operation();
    const steps = met.flatMap((phase) => this.#stepsOf(phase, last));
    const authenticators = this.#loaded.bundle.configuration.authenticators ?? {};
    // What the definition does not have is refused whoever asks.
    const open = api !== undefined && outcome.kind === 'forwarded';
    const access = open
      ? whoMay(this.#route?.operation, this.#rules, this.#views, authenticators)
      : undefined;
    const decision = open && access?.kind !== 'nobody' ? this.#decision() : undefined;
    const settled =
      access?.kind === 'nobody'
        ? refused(access.problem, 'authorization', `Nobody may: ${access.because}.`)
        : decision?.problem !== undefined
          ? refused(decision.problem, 'authorization', `Not by whom you describe: ${lastReason(decision)}.`)
          : outcome;
    return {
      asked: this.#asked,
      read: this.read,
      notes,
      outcome: settled,
      api: api?.name,
      operation,
      access,
      decision,
      steps,
      idle: this.#idle(met, last),
      body: outcome.kind === 'forwarded' ? this.#body() : undefined,
    };
  }

  #decision(): Decision | undefined {
    if (this.by === undefined || this.#rules === undefined || this.#route === undefined) return undefined;
    return decide(this.#rules, requestOf(this.#asked, this.read!, this.#route, this.by));
  }

  follows(heard: readonly string[]): Explanation {
    const route = this.#route!;
    let notes = heard;
    const { api, upstream } = this.#plan;
    const answering = answeredBy(this.#plan, this.read!.path);
    if (answering !== undefined) {
      const detail = 'the gateway answers it itself, without a credential; the service does not see it';
      const outcome = { kind: 'answered', by: answering, detail } as const;
      return this.ends(outcome, notes, ['head', 'response', 'record'], answering);
    }
    const preflight =
      this.#asked.method === 'OPTIONS' &&
      this.#views.some(({ name, mode }) => name === 'cors' && mode === 'enforce');
    if (preflight)
      notes = [
        ...notes,
        'with Origin and Access-Control-Request-Method it is a preflight, which cors answers itself: 204, or 403 for other origins',
      ];
    const validation = this.#views.find(({ name }) => name === 'openapi-validation');
    if (api?.operations !== undefined && route.operation === undefined && validation?.mode === 'enforce') {
      return this.ends(
        this.#undefinedOperation(),
        notes,
        ['head', 'response', 'record'],
        'openapi-validation',
      );
    }
    const targets = upstream?.targets.map(({ origin }) => origin) ?? [];
    const target = withQuery(route.upstreamPath, withoutParameters(this.read!.query, this.#withheld()));
    const host =
      upstream?.settings.host === 'preserve' ? this.read!.authority : (upstream?.targets[0]?.authority ?? '');
    return this.ends({ kind: 'forwarded', targets, target, host }, notes, phases);
  }

  /** Parameters that the gateway keeps to itself. */
  #withheld(): readonly string[] {
    const config = this.#views.find(({ name }) => name === 'authentication')?.config;
    return withheldParameters(config, this.#loaded.bundle.configuration.authenticators ?? {});
  }

  #undefinedOperation(): Outcome {
    const path = this.read!.path;
    const allowed = this.#plan.api!.allowedMethods(path);
    if (allowed.length > 0) {
      return refused(
        'method-unknown',
        'openapi-validation',
        `The definition has ${path} with ${allowed.join(', ')} only.`,
        allowed,
      );
    }
    return refused('path-unknown', 'openapi-validation', `The definition has no path that ${path} fits.`);
  }

  /** @param last the policy of the head phase that refuses: what would follow is not met */
  #stepsOf(phase: Phase, last: string | undefined): StepView[] {
    const views = this.#plan.steps[phase].map(({ policy, onFault }) => ({
      phase,
      onFault,
      view: this.#views.find(({ name }) => name === policy)!,
    }));
    const end =
      phase === 'head' && last !== undefined ? views.findIndex(({ view }) => view.name === last) : -1;
    return end === -1 ? views : views.slice(0, end + 1);
  }

  #idle(met: readonly Phase[], last: string | undefined): Explanation['idle'] {
    const busy = new Set(met.flatMap((phase) => this.#stepsOf(phase, last)).map(({ view }) => view.name));
    return this.#views
      .filter(({ name }) => !busy.has(name))
      .map((view) => ({ view, because: this.#whyIdle(view, last) }));
  }

  #whyIdle(view: PolicyView, last: string | undefined): string {
    if (view.mode === 'off') return 'switched off';
    if (view.settings === 'none') return 'none: anybody may call';
    const anywhere = phases.some((phase) =>
      this.#plan.steps[phase].some(({ policy }) => policy === view.name),
    );
    if (anywhere) return last === undefined ? 'the request ends before' : `${last} ends the request before`;
    if (view.name === 'client-address') return 'trustedProxies is empty: the peer is the client';
    return 'its settings ask for nothing';
  }

  #operation(): OperationView | undefined {
    const operation = this.#route?.operation;
    if (operation === undefined) return undefined;
    const { id, method, path, parameterNames, definition } = operation;
    const values = Object.fromEntries(
      parameterNames.map((name, index) => [name, this.#route!.pathValues[index] ?? '']),
    );
    return {
      id,
      method,
      template: path,
      summary: definition.summary,
      deprecated: definition.deprecated,
      values,
    };
  }

  #body(): BodyView {
    const { holdsBody, bodyLimits } = this.#plan;
    const held = holdsBody(this.#route?.operation, this.read!.path);
    return { held, most: held ? bodyLimits.inspectedSize : bodyLimits.size };
  }
}
