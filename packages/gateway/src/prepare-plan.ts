import type { Path } from './config/fault-text.ts';
import type { PolicySet } from './config/schema.ts';
import type { Environment } from './environment.ts';
import { plainName } from './http/field-name.ts';
import { usualLimits } from './http/json-limits.ts';
import type { ApiSeries } from './metrics/series.ts';
import type { Plan, ReplyHold, Step } from './plan.ts';
import { acceptedParameters, acceptsKeys } from './policies/authentication/query-parameters.ts';
import type { AnyPolicy } from './policies/index.ts';
import {
  type BodyLimits,
  type Handler,
  type MaybePromise,
  type Mode,
  OptionFault,
  type Phase,
  PlacedFault,
  type Prepared,
  phases,
} from './policy.ts';
import type { Api } from './routing/apis.ts';
import type { Upstream } from './upstream/upstream.ts';

/** Something that cannot be prepared; the message says what, and the place where it is written. */
export class PrepareFault extends Error {
  /** Path in the configuration. */
  readonly place: Path;

  constructor(place: Path, message: string) {
    super(message);
    this.name = 'PrepareFault';
    this.place = place;
  }
}

/** Goes on after a failure, so that all that is wrong can be told at once. */
export async function attempt<T>(
  faults: PrepareFault[],
  place: Path,
  action: () => MaybePromise<T>,
): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    for (const fault of faultsAt(place, error)) {
      // What several policies rely on is told once.
      const isKnown = faults.some((each) => isSame(each, fault));
      if (!isKnown) faults.push(fault);
    }
    return undefined;
  }
}

function isSame(one: PrepareFault, other: PrepareFault): boolean {
  return one.message === other.message && one.place.join('.') === other.place.join('.');
}

function faultsAt(place: Path, error: unknown): PrepareFault[] {
  if (error instanceof AggregateError) return error.errors.flatMap((each) => faultsAt(place, each));
  if (error instanceof PlacedFault) return [new PrepareFault(error.place, error.message)];
  const within = error instanceof OptionFault ? [...place, ...error.option] : place;
  return [new PrepareFault(within, (error as Error).message)];
}

export interface PlanSettings {
  readonly place: readonly string[];
  readonly api: Api | undefined;
  /** Policies by name, from the general to the special; the last one that names a policy counts. */
  readonly sets: readonly (PolicySet | undefined)[];
  readonly series: ApiSeries;
  readonly upstream: Upstream | undefined;
  /** What the plans of one API share. */
  readonly cache: PreparedCache;
  /** Plain names; the plans of one API share them, as the upstream cannot tell operations apart by what it trusts. */
  readonly gatewayFields: Set<string>;
}

/**
 * A policy whose configuration is the same for several operations is prepared once for them all, apart by the
 * parameters of the query that credentials are taken from.
 */
export type PreparedCache = Map<string, PreparedPolicies>;

/** One policy as it is to run. */
export interface Chosen {
  readonly policy: AnyPolicy;
  readonly mode: 'enforce' | 'monitor';
  readonly config: unknown;
  /** False when nobody wrote it down: it runs by default. */
  readonly written: boolean;
}

/** Bounds where request-limits is off: memory is never without one. */
const withoutLimits: BodyLimits = {
  size: Number.POSITIVE_INFINITY,
  inspectedSize: 64 * 1_048_576,
  timeout: 10_000,
  minimumRate: 100,
  json: usualLimits,
};

/** The policies that run, in order. A policy that nobody names runs if it does so by default. */
export function choosePolicies(
  { sets, api }: Pick<PlanSettings, 'sets' | 'api'>,
  policies: readonly AnyPolicy[],
  authenticators: Environment['authenticators'],
): Chosen[] {
  const written = (name: string): unknown => sets.findLast((set) => set?.[name] !== undefined)?.[name];
  const context = {
    hasDefinition: api?.operations !== undefined,
    isOpen: written('authentication') === 'none',
    acceptsKeys: api !== undefined && acceptsKeys(written('authentication'), authenticators),
  };
  const chosen: Chosen[] = [];
  for (const policy of policies) {
    const last = written(policy.name);
    const config = last ?? policy.byDefault?.(context);
    const mode = modeOf(config);
    if (config !== undefined && mode !== 'off')
      chosen.push({ policy, mode, config, written: last !== undefined });
  }
  return chosen;
}

function modeOf(config: unknown): Mode {
  if (config === 'off') return 'off';
  return (config as { mode?: Mode } | null | undefined)?.mode ?? 'enforce';
}

export async function preparePlan(
  settings: PlanSettings,
  policies: readonly AnyPolicy[],
  surroundings: Omit<Environment, 'credentialParameters'>,
  faults: PrepareFault[],
): Promise<Plan> {
  const steps: Record<Phase, Step<Phase>[]> = {
    head: [],
    identity: [],
    rate: [],
    authorize: [],
    body: [],
    upstream: [],
    response: [],
    reply: [],
    record: [],
  }; // prettier-ignore
  const holders: NonNullable<Prepared['needsBody']>[] = [];
  const beginners: NonNullable<Prepared['needsBeginning']>[] = [];
  const replyHolders: ReplyHolder[] = [];
  const wellKnown = new Map<string, string>();
  let bodyLimits = withoutLimits;
  const { authenticators } = surroundings;
  const chosen = choosePolicies(settings, policies, authenticators);
  const authentication = chosen.find(({ policy }) => policy.name === 'authentication')?.config;
  const credentialParameters = acceptedParameters(authentication, authenticators);
  const environment: Environment = { ...surroundings, credentialParameters };
  const cache = cacheFor(settings.cache, credentialParameters);
  requireAuthentication(settings, chosen, faults);
  for (const { policy, mode, config, written } of chosen) {
    const place = [...settings.place, ...(settings.api === undefined ? [] : ['policies']), policy.name];
    const prepared = await prepareOnce(cache, policy, written ? config : byDefault, () =>
      attempt(faults, place, () => policy.prepare(config, environment) as MaybePromise<Prepared>),
    );
    if (prepared === undefined) continue;
    for (const phase of phases) {
      const run = prepared[phase] as Handler<Phase> | undefined;
      if (run === undefined) continue;
      const common = { policy: policy.name, mode, onFault: policy.onFault };
      const glimpses = phase === 'reply' && prepared.glimpsesReply === true;
      steps[phase].push({ ...common, run: phase === 'reply' ? whereAsked(prepared, run) : run, glimpses });
    }
    for (const name of prepared.gatewayFields ?? []) settings.gatewayFields.add(plainName(name));
    if (prepared.needsBody !== undefined) holders.push(prepared.needsBody);
    if (prepared.needsBeginning !== undefined) beginners.push(prepared.needsBeginning);
    if (
      prepared.reply !== undefined &&
      (prepared.needsReply !== undefined || prepared.glimpsesReply !== true)
    )
      replyHolders.push({
        policy: policy.name,
        enforced: mode === 'enforce' && prepared.unheldReply !== 'report',
        most: prepared.needsReply ?? heldByDefault,
      });
    // In `monitor` nothing is answered, and the request must not be led here then.
    if (mode === 'enforce') for (const name of prepared.wellKnown ?? []) wellKnown.set(name, policy.name);
    if (prepared.bodyLimits !== undefined)
      bodyLimits = { ...prepared.bodyLimits, observeOnly: mode === 'monitor' };
  }
  return {
    api: settings.api,
    steps: steps as Plan['steps'],
    holdsBody: (operation, path) => holders.some((holds) => holds(operation, path)),
    seesBeginning: (operation) => beginners.some((sees) => sees(operation)),
    bodyLimits,
    holdsReply:
      replyHolders.length === 0 ? never : (operation, reply) => holdOf(replyHolders, operation, reply),
    glimpsesReply: steps.reply.some(({ glimpses }) => glimpses),
    gatewayFields: settings.gatewayFields,
    wellKnown,
    upstream: settings.upstream,
    series: settings.series,
  };
}

interface ReplyHolder {
  readonly policy: string;
  readonly enforced: boolean;
  readonly most: NonNullable<Prepared['needsReply']>;
}

const heldByDefault = (): number => 1_048_576;
const never = (): undefined => undefined;

/** A reply that is held for another policy is not shown to one that did not ask for it. */
function whereAsked({ needsReply, glimpsesReply }: Prepared, run: Handler<Phase>): Handler<Phase> {
  if (needsReply === undefined || glimpsesReply === true) return run;
  const handler = run as Handler<'reply'>;
  const asked: Handler<'reply'> = (reply) =>
    needsReply(reply.operation, reply) === 0 ? undefined : handler(reply);
  return asked as Handler<Phase>;
}

/** What several policies ask for together: the narrowest bound, and those that refuse before those that watch. */
function holdOf(
  holders: readonly ReplyHolder[],
  operation: Parameters<ReplyHolder['most']>[0],
  reply: Parameters<ReplyHolder['most']>[1],
): ReplyHold | undefined {
  let hold: ReplyHold | undefined;
  for (const { policy, enforced, most } of holders) {
    const bytes = most(operation, reply);
    if (bytes === 0 || (hold?.enforced === true && !enforced)) continue;
    const isFirst = hold === undefined || (enforced && !hold.enforced);
    if (isFirst || bytes < hold!.most) hold = { policy, enforced, most: bytes };
  }
  return hold;
}

/** Stands for the configuration of a policy that nobody wrote down. */
const byDefault = Symbol('by default');

type PreparedPolicies = Map<AnyPolicy, Map<unknown, Prepared | undefined>>;

function cacheFor(cache: PreparedCache, credentialParameters: readonly string[]): PreparedPolicies {
  const key = credentialParameters.join(' ');
  const known = cache.get(key) ?? new Map();
  cache.set(key, known);
  return known;
}

async function prepareOnce(
  cache: PreparedPolicies,
  policy: AnyPolicy,
  config: unknown,
  prepare: () => Promise<Prepared | undefined>,
): Promise<Prepared | undefined> {
  let known = cache.get(policy);
  if (known === undefined) {
    known = new Map();
    cache.set(policy, known);
  }
  if (!known.has(config)) known.set(config, await prepare());
  return known.get(config);
}

/** No API is open by accident: that anybody may call has to be written down. */
function requireAuthentication(
  { api, place }: PlanSettings,
  chosen: readonly Chosen[],
  faults: PrepareFault[],
): void {
  if (api === undefined || chosen.some(({ policy }) => policy.name === 'authentication')) return;
  faults.push(
    new PrepareFault(
      place,
      'says nothing about who may call: write policies.authentication with anyOf and the names of authenticators, or authentication: none to let anybody in',
    ),
  );
}
