export interface ShopRequest {
  /** What the braces of the template stood for, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Reply {
  readonly status: number;
  readonly fields?: Readonly<Record<string, string>>;
  /** Media type and text; absent for 204. */
  readonly content?: readonly [string, string];
}

export type Handler = (request: ShopRequest) => Reply | Promise<Reply>;

/** `METHOD /path/{parameter}` to handler. */
export type Routes = Readonly<Record<string, Handler>>;

export type Match =
  | { readonly found: true; readonly handler: Handler; readonly params: Record<string, string> }
  /** `allow` lists the methods of the path: empty means that there is no such path. */
  | { readonly found: false; readonly allow: readonly string[] };

export interface Router {
  match(method: string, path: string): Match;
}

export function createRouter(routes: Routes): Router {
  const table = Object.entries(routes).map(([name, handler]) => {
    const [method = '', template = ''] = name.split(' ');
    return { method, segments: template.split('/'), handler };
  });
  return {
    match(method, path) {
      const parts = path.split('/');
      const allow: string[] = [];
      for (const route of table) {
        const params = matchSegments(route.segments, parts);
        if (!params) continue;
        if (route.method === method) return { found: true, handler: route.handler, params };
        allow.push(route.method);
      }
      return { found: false, allow };
    },
  };
}

function matchSegments(
  segments: readonly string[],
  parts: readonly string[],
): Record<string, string> | undefined {
  if (segments.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? '';
    if (segment.startsWith('{') && part !== '') params[segment.slice(1, -1)] = decodeURIComponent(part);
    else if (segment !== part) return undefined;
  }
  return params;
}

export function json(status: number, value: unknown, fields: Readonly<Record<string, string>> = {}): Reply {
  return { status, fields, content: ['application/json; charset=utf-8', JSON.stringify(value)] };
}

/** An error in the shape of the definition's `Error` schema. */
export function refuse(status: number, error: string, message: string): Reply {
  return json(status, { error, message });
}

export const noContent: Reply = { status: 204 };

export interface Page {
  readonly page: number;
  readonly limit: number;
  readonly offset: number;
}

export function pageOf(query: URLSearchParams): Page {
  const page = Number(query.get('page') ?? 1);
  // FLAW(OWASP-API4:2023 Unrestricted Resource Consumption): any limit is taken; -1 is the whole table.
  const limit = Number(query.get('limit') ?? 20);
  return { page, limit, offset: (page - 1) * limit };
}
