import type { Plan, Route } from '../plan.ts';
import type { Operation } from './apis.ts';
import { type PathMatch, type PathTree, valueForMethod } from './path-tree.ts';
import type { Seen, VisibleTo } from './visibility.ts';

export interface Routed {
  readonly operation: Operation;
  readonly plan: Plan;
}

/** What one API serves, as the table needs it. */
export interface Mount {
  readonly hosts: readonly string[];
  /** Without a trailing slash; empty for the root. */
  readonly basePath: string;
  readonly stripBasePath: boolean;
  /** Undefined where there is no definition: then every path below basePath is the API's. */
  readonly operations: PathTree<Routed> | undefined;
  /** Undefined for everybody. */
  readonly visibleTo?: VisibleTo | undefined;
  /** For what the definition does not have; openapi-validation decides about it. */
  readonly plan: Plan;
}

const wellKnown = '/.well-known/';

type ByBasePath = Map<string, Mount>;

/** Finds the API by host and longest base path, and in it the operation. */
export class RouteTable {
  readonly #exact = new Map<string, ByBasePath>();
  readonly #wildcard = new Map<string, ByBasePath>();
  readonly #any: ByBasePath = new Map();

  /** @throws Error when two APIs want the same host and base path */
  constructor(mounts: readonly (Mount & { readonly name: string })[]) {
    for (const mount of mounts) {
      for (const host of mount.hosts) {
        const table = this.#tableFor(host);
        if (table.has(mount.basePath)) {
          throw new Error(
            `apis: two APIs are served at host ${host} and basePath ${mount.basePath === '' ? '/' : mount.basePath}; one is ${mount.name}`,
          );
        }
        table.set(mount.basePath, mount);
      }
    }
  }

  /**
   * @param by who asks: an API that is not for them is not there, and what it would cover another one may. Without it
   *   all are there
   * @returns undefined when no API is served there
   */
  find(host: string, path: string, method: string, by?: Seen): Route | undefined {
    if (path.startsWith(wellKnown)) {
      const plan = this.#wellKnownPlan(host, path, by);
      if (plan !== undefined) return { plan, operation: undefined, pathValues: none, upstreamPath: path };
    }
    const mount = this.#mountFor(host, path, by);
    if (mount === undefined) return undefined;
    const from = mount.basePath.length;
    const upstreamPath = mount.stripBasePath && from > 0 ? path.slice(from) || '/' : path;
    const match = matchIn(mount, path);
    const found = match === undefined ? undefined : valueForMethod(match.entry, method);
    if (found === undefined)
      return { plan: mount.plan, operation: undefined, pathValues: none, upstreamPath };
    return { plan: found.plan, operation: found.operation, pathValues: match!.values, upstreamPath };
  }

  /** Whether two hosts are served by the same API at this path, or both by none, as far as who asks can see. */
  leadToSame(one: string, other: string, path: string, by: Seen): boolean {
    return this.#mountFor(one, path, by) === this.#mountFor(other, path, by);
  }

  /**
   * The API that answers a well-known request about itself: RFC 8615 puts the name first and RFC 9728 section 3.1 the path
   * of the API behind it.
   */
  #wellKnownPlan(host: string, path: string, by: Seen | undefined): Plan | undefined {
    const { name, rest } = splitWellKnown(path);
    const mount = this.#mountFor(host, rest, by);
    return mount?.basePath === rest && mount.plan.wellKnown.has(name) ? mount.plan : undefined;
  }

  #tableFor(host: string): ByBasePath {
    if (host === '*') return this.#any;
    const tables = host.startsWith('*.') ? this.#wildcard : this.#exact;
    const key = host.startsWith('*.') ? host.slice(1) : host;
    let table = tables.get(key);
    if (table === undefined) {
      table = new Map();
      tables.set(key, table);
    }
    return table;
  }

  #mountFor(host: string, path: string, by: Seen | undefined): Mount | undefined {
    const exact = this.#exact.size === 0 ? undefined : longest(this.#exact.get(host), path, by);
    if (exact !== undefined) return exact;
    if (this.#wildcard.size > 0) {
      for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
        const found = longest(this.#wildcard.get(host.slice(dot)), path, by);
        if (found !== undefined) return found;
      }
    }
    return longest(this.#any, path, by);
  }
}

/** @param path that begins with `/.well-known/` */
function splitWellKnown(path: string): { readonly name: string; readonly rest: string } {
  const end = path.indexOf('/', wellKnown.length);
  if (end === -1) return { name: path.slice(wellKnown.length), rest: '' };
  return { name: path.slice(wellKnown.length, end), rest: path.slice(end) };
}

/** The policy that answers a request about the API itself; undefined for every other request. */
export function answeredBy({ wellKnown: names, api }: Plan, path: string): string | undefined {
  if (api === undefined || !path.startsWith(wellKnown)) return undefined;
  const { name, rest } = splitWellKnown(path);
  return rest === api.basePath ? names.get(name) : undefined;
}

/** The match in the API's definition; a path that ends with the base path is its root. */
export function matchIn(
  mount: Pick<Mount, 'basePath' | 'operations'>,
  path: string,
): PathMatch<Routed> | undefined {
  const from = mount.basePath.length;
  return from === path.length ? mount.operations?.find('/') : mount.operations?.find(path, from);
}

const none: readonly string[] = Object.freeze([]);

/** The mount whose base path is the longest that ends at a segment of the path. */
function longest(table: ByBasePath | undefined, path: string, by: Seen | undefined): Mount | undefined {
  if (table === undefined || table.size === 0) return undefined;
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    const found = table.get(end === path.length ? path : path.slice(0, end));
    if (found !== undefined && isThere(found, by)) return found;
  }
  const root = table.get('');
  return root !== undefined && isThere(root, by) ? root : undefined;
}

function isThere({ visibleTo }: Mount, by: Seen | undefined): boolean {
  return visibleTo === undefined || by === undefined || visibleTo(by);
}
