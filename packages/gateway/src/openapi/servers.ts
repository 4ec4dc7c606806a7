import { isJsonObject, objectOrEmpty } from './json-value.ts';

/** URLs that are looked at, so that a few variables with many values do not come to millions. */
const mostUrls = 200;

/**
 * The URLs of `servers` with the values that their variables may have, defaults first (OpenAPI 3.1 sections 4.8.5 and
 * 4.8.6). A variable that is not defined stays as it is written.
 */
export function serverUrls(servers: unknown): string[] {
  const urls = new Set<string>();
  for (const server of Array.isArray(servers) ? (servers as unknown[]) : []) {
    const { url, variables } = objectOrEmpty(server);
    if (typeof url !== 'string') continue;
    for (const each of expanded(url, objectOrEmpty(variables))) {
      if (urls.size === mostUrls) return [...urls];
      urls.add(each);
    }
  }
  return [...urls];
}

function expanded(url: string, variables: Readonly<Record<string, unknown>>): string[] {
  let urls = [url];
  for (const [name, variable] of Object.entries(variables)) {
    if (!isJsonObject(variable) || !url.includes(`{${name}}`)) continue;
    const values = [variable.default, ...(Array.isArray(variable.enum) ? (variable.enum as unknown[]) : [])];
    const texts = [...new Set(values.filter((value) => typeof value === 'string'))];
    if (texts.length === 0) continue;
    urls = texts.flatMap((text) => urls.map((each) => each.replaceAll(`{${name}}`, text))).slice(0, mostUrls);
  }
  return urls;
}

/** The form that the configuration takes (config/schema.ts). */
const usable = /^(\/[A-Za-z0-9._~!$&'()*+,=:@-]+)+$/;

/** The path of a server, without a slash at the end; undefined for one that no base path can be. */
export function basePathOf(url: string): string | undefined {
  const path = URL.canParse(url) ? new URL(url).pathname : url.replace(/[?#].*$/s, '');
  const trimmed = path.replace(/\/+$/, '');
  return trimmed === '' || usable.test(trimmed) ? trimmed : undefined;
}

/**
 * The one path that all servers have, for the configuration: `/` at least.
 * @throws Error that says why there is none
 */
export function commonBasePath(urls: readonly string[]): string {
  const paths = new Map(urls.map((url) => [basePathOf(url), url]));
  const unusable = paths.get(undefined);
  if (unusable !== undefined) throw new Error(`the path of the server ${unusable} cannot be a basePath`);
  if (paths.size > 1) {
    const all = [...paths.keys()].map((path) => path || '/').join(', ');
    throw new Error(`the servers of the definition have several paths, ${all}: write the one that is meant`);
  }
  const [path = ''] = paths.keys();
  return path || '/';
}
