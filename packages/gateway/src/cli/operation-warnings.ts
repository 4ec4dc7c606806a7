import type { Loaded } from '../config/load.ts';
import type { Api, Operation } from '../routing/apis.ts';
import { type Access, whoMay } from './access.ts';
import { type RulesFor, rulesOfApi } from './api-rules.ts';
import type { Misfit } from './faults.ts';
import { type PolicyView, viewPolicies } from './policy-view.ts';

/** More of one kind say nothing new; the number of the others is told. */
const mostNamed = 10;

interface Judged {
  readonly operation: Operation;
  readonly views: readonly PolicyView[];
  readonly access: Access;
}

/** About who may call which operation of an API that has a definition. */
export async function operationWarnings(
  loaded: Loaded,
  api: Api,
  views: readonly PolicyView[],
): Promise<Misfit[]> {
  const place = ['apis', api.name, 'openapi'];
  const rules = await rulesOfApi(loaded, api);
  const judged = (api.operations ?? []).map((operation) => judge(loaded, api, operation, views, rules));
  const found: Misfit[] = [];
  const list = (text: string, some: readonly Judged[]): void => {
    if (some.length > 0)
      found.push({ place, message: `${text}: ${named(some.map(({ operation }) => operation))}` });
  };
  const open = judged.filter(({ access, views }) => access.kind === 'anybody' && !isOpenAnyway(views));
  list(
    `anybody may call ${open.length === 1 ? 'an operation' : `${open.length} operations`} without a credential`,
    open,
  );
  const byReason = new Map<string, Judged[]>();
  for (const each of judged) {
    if (each.access.kind !== 'nobody') continue;
    byReason.set(each.access.because, [...(byReason.get(each.access.because) ?? []), each]);
  }
  for (const [because, some] of byReason) {
    list(
      `nobody may call ${some.length === 1 ? 'an operation' : `${some.length} operations`}, as ${because}`,
      some,
    );
  }
  // Who is not inside does not see it at all.
  if (loaded.bundle.configuration.apis[api.name]?.visibility !== 'internal') {
    const exposed = judged.filter(
      ({ operation, access, views }) =>
        looksInternal(api.basePath + operation.path) && !needsRole(access) && !isForSomeNetworks(views),
    );
    list(
      'looks internal, and is there for everybody (visibility: internal hides it) without a role',
      exposed,
    );
  }
  return found;
}

function judge(
  loaded: Loaded,
  api: Api,
  operation: Operation,
  common: readonly PolicyView[],
  rules: RulesFor,
): Judged {
  const { apis, authenticators = {} } = loaded.bundle.configuration;
  const written = `${operation.method} ${operation.path}`;
  const special = Object.hasOwn(apis[api.name]?.operations ?? {}, written);
  const views = special ? viewPolicies(loaded, { api, operation: written }) : common;
  return { operation, views, access: whoMay(operation, rules(views)?.of(operation), views, authenticators) };
}

/** Then one warning about the whole API has said it. */
function isOpenAnyway(views: readonly PolicyView[]): boolean {
  const authentication = views.find(({ name }) => name === 'authentication');
  return authentication?.settings === 'none' || authentication?.mode === 'monitor';
}

function needsRole(access: Access): boolean {
  if (access.kind !== 'some') return access.kind === 'nobody';
  return access.needs.some(({ kind }) => kind === 'roles' || kind === 'permissions');
}

function isForSomeNetworks(views: readonly PolicyView[]): boolean {
  const view = views.find(({ name }) => name === 'ip-access');
  return view?.mode === 'enforce' && (view.config as { allow?: unknown }).allow !== undefined;
}

const internalNames: ReadonlySet<string> = new Set(['internal', 'admin', 'actuator', 'metrics', 'debug']);

/** Paths that frameworks and habit keep for operators. */
export function looksInternal(path: string): boolean {
  return path
    .toLowerCase()
    .split('/')
    .some((segment) => internalNames.has(segment.replace(/^[_.-]+/, '')));
}

function named(operations: readonly Operation[]): string {
  const names = operations.slice(0, mostNamed).map(({ method, path }) => `${method} ${path}`);
  const more = operations.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
