import { toOperation } from '../compile.ts';
import type { Path } from '../config/fault-text.ts';
import type { Loaded } from '../config/load.ts';
import type { PolicySet } from '../config/schema.ts';
import { isBuiltIn } from '../oauth-server/built-in-api.ts';
import type { Mode, Phase } from '../policy.ts';
import { choosePolicies } from '../prepare-plan.ts';
import type { Api } from '../routing/apis.ts';
import { valueAt } from './faults.ts';

/** One policy as a configuration has it for an API or an operation. */
export interface PolicyView {
  readonly name: string;
  readonly mode: Mode;
  readonly phases: readonly Phase[];
  /** Where it is written; undefined for one that runs by default. */
  readonly place: Path | undefined;
  /** What runs, references resolved: never to be shown. */
  readonly config: unknown;
  /** What the file says, with references in the place of secrets. */
  readonly settings: unknown;
}

/** What a request may be for. */
export interface Scope {
  /** Undefined for requests that no API takes. */
  readonly api: Api | undefined;
  /** As the configuration writes it: METHOD and path. */
  readonly operation?: string | undefined;
}

/** All policies in the order in which they run; also those that were switched off. */
export function viewPolicies({ bundle, raw, policies }: Loaded, { api, operation }: Scope): PolicyView[] {
  const places = placesOf(api, operation).filter(
    (place) => valueAt(bundle.configuration, place) !== undefined,
  );
  const sets = places.map((place) => valueAt(bundle.configuration, place) as PolicySet);
  const chosen = new Map(
    choosePolicies({ sets, api }, policies, bundle.configuration.authenticators ?? {}).map((each) => [
      each.policy.name,
      each,
    ]),
  );
  const views: PolicyView[] = [];
  for (const { name, phase } of policies) {
    const last = places.findLast((_, index) => sets[index]?.[name] !== undefined);
    const place = last === undefined ? undefined : writtenAt([...last, name]);
    const running = chosen.get(name);
    if (running === undefined && place === undefined) continue;
    views.push({
      name,
      mode: running?.mode ?? 'off',
      phases: [phase].flat(),
      place,
      config: running?.config,
      settings: place === undefined || place.length === 1 ? undefined : valueAt(raw, place),
    });
  }
  return views;
}

/** The policies of an API that is built in are nobody's to write; they come with the section that asks for it. */
function writtenAt(place: Path): Path {
  return place[0] === 'apis' && isBuiltIn(String(place[1])) ? ['oauthServer'] : place;
}

/** From the general to the special. */
function placesOf(api: Api | undefined, operation: string | undefined): Path[] {
  if (api === undefined) return [['policies']];
  const own = ['apis', api.name];
  const special = operation === undefined ? [] : [[...own, 'operations', operation, 'policies']];
  return [['policies'], [...own, 'policies'], ...special];
}

/** An API as policies see it. Its paths are not looked up here, so it allows no methods. */
export function apiOf({ bundle }: Loaded, name: string): Api {
  return {
    name,
    basePath: (bundle.configuration.apis[name]?.basePath ?? '/').replace(/\/$/, ''),
    operations: bundle.definitions[name]?.operations.map(toOperation),
    allowedMethods: () => [],
  };
}
