/** Whether a path is one where GraphQL is served; `like` for one that a lenient service may take for it. */
export type Endpoint = 'endpoint' | 'like' | undefined;

/**
 * Compiles `path`. Frameworks take `/GraphQL`, `/graphql/`, `/graphql.` and what is below for the same endpoint: whoever
 * is not judged under such a name gets past everything that is judged under the right one.
 * @param basePath of the API, without a slash at the end
 */
export function compileEndpoints(basePath: string, written: readonly string[]): (path: string) => Endpoint {
  const endpoints = written.map((path) => (path === '/' ? basePath || '/' : basePath + path));
  const exact = new Set(endpoints);
  const folded = endpoints.map((path) => path.toLowerCase());
  return (path) => {
    if (exact.has(path)) return 'endpoint';
    const lower = path.toLowerCase();
    return folded.some((each) => lower.startsWith(each) && !goesOn(lower, each.length)) ? 'like' : undefined;
  };
}

/** Whether the name goes on at the index, and so is another one: `/graphql-docs`. */
function goesOn(path: string, index: number): boolean {
  return path[index - 1] !== '/' && index < path.length && /[a-z0-9_~-]/.test(path[index]!);
}
