import type { ExtensionModules } from './config/extension-modules.ts';
import type { ApiConfig, Configuration } from './config/schema.ts';
import type { Environment } from './environment.ts';
import { Gateway, type ThreadParts } from './gateway.ts';
import { type AddressSet, compileAddressSet } from './http/address-set.ts';
import { ApiSeries } from './metrics/series.ts';
import { isBuiltIn } from './oauth-server/built-in-api.ts';
import type { ApiDefinition } from './openapi/definition.ts';
import type { Plan } from './plan.ts';
import { compileRoles, type RoleModel } from './policies/authorization/roles.ts';
import type { ClientAddressConfig } from './policies/client-address/schema.ts';
import type { AnyPolicy } from './policies/index.ts';
import { attempt, type PlanSettings, type PrepareFault, preparePlan } from './prepare-plan.ts';
import type { Api, Operation } from './routing/apis.ts';
import { parsePathTemplate } from './routing/path-template.ts';
import { PathTree } from './routing/path-tree.ts';
import { type Mount, matchIn, type Routed, RouteTable } from './routing/route-table.ts';
import { compileVisibility, reachOf, type VisibleTo } from './routing/visibility.ts';
import { openUpstream } from './upstream/open.ts';

/** A configuration with all that belongs to it: plain data, which the main thread sends to the data threads. */
export interface Bundle {
  readonly configuration: Configuration;
  /** Folder of the configuration file. */
  readonly folder: string;
  readonly stateFolder: string;
  /** By name of the API. */
  readonly definitions: Readonly<Record<string, ApiDefinition>>;
  readonly extensions: ExtensionModules;
}

/**
 * Prepares a whole configuration: every policy of every operation, every file. Whatever is wrong with it comes
 * out here, all at once, and not while requests are served.
 * @throws AggregateError of PrepareFault
 */
export async function compile(
  bundle: Bundle,
  policies: readonly AnyPolicy[],
  parts: ThreadParts,
  onSeries: (series: ApiSeries) => void = () => {},
): Promise<Gateway> {
  const preparation = new Preparation(bundle, policies, parts, onSeries);
  const trustedProxies = await preparation.trustedProxies();
  const planForNobody = await preparation.planForNobody();
  const mounts: NamedMount[] = [];
  for (const [name, config] of Object.entries(bundle.configuration.apis)) {
    mounts.push(await preparation.mount(name, config));
  }
  const routes = await attempt(preparation.faults, ['apis'], () => new RouteTable(mounts));
  if (routes === undefined || trustedProxies === undefined || preparation.faults.length > 0) {
    preparation.close();
    throw new AggregateError(preparation.faults, 'the configuration cannot be prepared');
  }
  return new Gateway(parts, {
    routes,
    planForNobody,
    trustedProxies,
    maximumInProgress: bundle.configuration.listen.maxRequests ?? 5_000,
    warm: () => preparation.warm(),
    start: () => preparation.start(),
    close: () => preparation.close(),
  });
}

type NamedMount = Mount & { readonly name: string };

class Preparation {
  readonly faults: PrepareFault[] = [];
  readonly #starters: (() => void)[] = [];
  readonly #closers: (() => void)[] = [];
  readonly #warm = new Set<() => Iterable<void>>();
  readonly #shared = new Map<string, unknown>();
  #trustedProxies: readonly string[] = [];
  readonly #bundle: Bundle;
  readonly #policies: readonly AnyPolicy[];
  readonly #parts: ThreadParts;
  readonly #onSeries: (series: ApiSeries) => void;
  readonly #roles: RoleModel;

  constructor(
    bundle: Bundle,
    policies: readonly AnyPolicy[],
    parts: ThreadParts,
    onSeries: (series: ApiSeries) => void,
  ) {
    this.#bundle = bundle;
    this.#policies = policies;
    this.#parts = parts;
    this.#onSeries = onSeries;
    this.#roles = compileRoles(bundle.configuration.roles);
  }

  /** Before all that relies on them: a list with a fault is empty to policies, which would tell of it each for itself. */
  async trustedProxies(): Promise<AddressSet | undefined> {
    const networks = this.#bundle.configuration.trustedProxies ?? [];
    const trusted = await attempt(this.faults, ['trustedProxies'], () => compileAddressSet(networks));
    if (trusted !== undefined) this.#trustedProxies = networks;
    return trusted;
  }

  /** What requests meet that no API takes: the policies at the top of the configuration. */
  planForNobody(): Promise<Plan> {
    const shared = this.#bundle.configuration.policies;
    return this.#plan({
      place: ['policies'],
      api: undefined,
      sets: [shared],
      series: this.#series(''),
      upstream: undefined,
      cache: new Map(),
      gatewayFields: new Set(),
    });
  }

  async mount(name: string, config: ApiConfig): Promise<NamedMount> {
    const definition = this.#bundle.definitions[name];
    const basePath = (config.basePath ?? '/').replace(/\/$/, '');
    const tree = definition === undefined ? undefined : new PathTree<Routed>();
    const where = { basePath, operations: tree };
    const api: Api = {
      name,
      basePath,
      operations: definition?.operations.map(toOperation),
      allowedMethods: (path) => matchIn(where, path)?.entry.allowed ?? [],
    };
    const place = ['apis', name];
    const series = this.#series(name);
    const upstream = await attempt(this.faults, [...place, 'upstream'], () =>
      openUpstream(
        config.upstream,
        this.#bundle.folder,
        isBuiltIn(name) ? 'oauth-server-unavailable' : undefined,
      ),
    );
    if (upstream !== undefined) this.#closers.push(() => upstream.close());

    const sets = [this.#bundle.configuration.policies, config.policies];
    const common = { place, api, sets, series, upstream, cache: new Map(), gatewayFields: new Set<string>() };
    const plan = await this.#plan(common);
    const special = await this.#operationPlans(api, config, common);
    for (const operation of api.operations ?? []) {
      const routed = { operation, plan: special.get(operation) ?? plan };
      await attempt(this.faults, place, () => tree?.add(operation.path, operation.method, routed));
    }
    return {
      name,
      hosts: config.hosts ?? ['*'],
      basePath,
      stripBasePath: config.upstream.stripBasePath === true,
      operations: tree,
      visibleTo: await attempt(this.faults, [...place, 'networks'], () => this.#visibility(config, sets)),
      plan,
    };
  }

  /** Work ahead of the first request, a short step at a time. */
  *warm(): Generator<void> {
    for (const each of this.#warm) yield* each();
  }

  start(): void {
    for (const start of this.#starters.splice(0)) start();
  }

  close(): void {
    for (const close of this.#closers.splice(0)) close();
  }

  /** Whom an internal API is for; undefined for everybody. */
  #visibility(config: ApiConfig, sets: PlanSettings['sets']): VisibleTo | undefined {
    if (config.visibility !== 'internal') return undefined;
    const { listen, trustedProxies = [] } = this.#bundle.configuration;
    const located = sets.findLast((set) => set?.['client-address'] !== undefined)?.['client-address'];
    return compileVisibility({
      ...reachOf(config, listen.internal),
      trustedProxies,
      field: (located as ClientAddressConfig | undefined)?.field ?? 'x-forwarded-for',
    });
  }

  /** Plans of the operations that have policies of their own. */
  async #operationPlans(
    api: Api,
    config: ApiConfig,
    common: PlanSettings,
  ): Promise<ReadonlyMap<Operation, Plan>> {
    const plans = new Map<Operation, Plan>();
    for (const [written, { policies }] of Object.entries(config.operations ?? {})) {
      const place = [...common.place, 'operations', written];
      const operation = await attempt(this.faults, place, () => findOperation(api, written));
      if (operation === undefined) continue;
      plans.set(operation, await this.#plan({ ...common, place, sets: [...common.sets, policies] }));
    }
    return plans;
  }

  async #plan(settings: PlanSettings): Promise<Plan> {
    const plan = await preparePlan(settings, this.#policies, this.#environment(settings.api), this.faults);
    for (const prepared of [...settings.cache.values()].flatMap((policies) => [...policies.values()])) {
      for (const each of prepared.values()) if (each?.warm !== undefined) this.#warm.add(each.warm);
    }
    return plan;
  }

  #series(name: string): ApiSeries {
    const series = new ApiSeries(name);
    this.#onSeries(series);
    return series;
  }

  #environment(api: Api | undefined): Omit<Environment, 'credentialParameters'> {
    const { configuration, folder, stateFolder } = this.#bundle;
    return {
      folder,
      stateFolder,
      api,
      counters: this.#parts.counters,
      documents: this.#parts.documents,
      intermediates: this.#parts.intermediates,
      secret: this.#parts.secret,
      now: Date.now,
      warn: this.#parts.warn,
      openLog: this.#parts.openLog,
      onStart: (start) => this.#starters.push(start),
      onClose: (close) => this.#closers.push(close),
      share: (key, make) => once(this.#shared, key, make),
      keep: (key, make) => once(this.#parts.kept, key, make),
      keyUsed: this.#parts.keyUsed,
      authenticators: configuration.authenticators ?? {},
      roles: this.#roles,
      trustedProxies: this.#trustedProxies,
    };
  }
}

function once<T>(made: Map<string, unknown>, key: string, make: () => T): T {
  if (!made.has(key)) made.set(key, make());
  return made.get(key) as T;
}

export function toOperation(definition: ApiDefinition['operations'][number]): Operation {
  const { id, method, path } = definition;
  return { id, method, path, parameterNames: parsePathTemplate(path).parameterNames, definition };
}

/** @throws Error when the definition has no such operation */
function findOperation(api: Api, written: string): Operation {
  const found = api.operations?.find(({ method, path }) => `${method} ${path}` === written);
  if (found === undefined) throw new Error(`the definition has no operation ${written}`);
  return found;
}
