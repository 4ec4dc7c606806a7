import type { ApiConfig, PolicySet } from '../config/schema.ts';
import { type ApiDefinition, nothingShared, type OperationDefinition } from '../openapi/definition.ts';
import { type Endpoint, endpointsOf } from './endpoints.ts';
import type { OauthServerConfig } from './schema.ts';

/** The names under which records, metrics and commands know the API of the OAuth server. */
export const oauthApi = 'oauth-server';
/** RFC 8414 section 3.1 puts the path of the issuer behind that of the metadata, outside of where the server is. */
export const oauthMetadataApi = 'oauth-server-metadata';

/** Whether an API is part of the gateway, and not of the configuration. */
export function isBuiltIn(api: string): boolean {
  return api === oauthApi || api === oauthMetadataApi;
}

const metadataPath = '/.well-known/oauth-authorization-server';

export interface BuiltInApi {
  readonly config: ApiConfig;
  readonly definition: ApiDefinition;
}

/**
 * The OAuth server as an API like any other: it is limited, recorded and counted by the same policies, and data threads
 * reach it as an upstream.
 * @param socket path of the Unix socket on which it listens
 * @param shared the policies at the top of the configuration
 */
export function builtInApis(
  config: OauthServerConfig,
  socket: string,
  shared: PolicySet | undefined,
): Record<string, BuiltInApi> {
  const endpoints = endpointsOf({ registration: config.registration !== undefined });
  const { hostname, pathname } = new URL(config.issuer);
  const basePath = pathname === '/' ? '' : pathname;
  const common = {
    hosts: [hostname],
    upstream: { targets: [`unix:${socket}`], responseTimeout: 20_000, idleTimeout: 20_000 },
  };
  const server: BuiltInApi = {
    config: {
      ...common,
      basePath: basePath === '' ? '/' : basePath,
      policies: policiesOf(config, endpoints, shared),
    },
    definition: definitionOf(endpoints),
  };
  if (basePath === '') return { [oauthApi]: server };
  const metadata = endpoints
    .filter(({ path }) => path === metadataPath)
    .map((each) => ({ ...each, path: '/' }));
  return {
    [oauthApi]: server,
    [oauthMetadataApi]: {
      config: {
        ...common,
        basePath: `${metadataPath}${basePath}`,
        policies: policiesOf(config, metadata, shared),
      },
      definition: definitionOf(metadata),
    },
  };
}

/** What the server does by itself is off; the rest is as at the top of the configuration. */
function policiesOf(
  { limits }: OauthServerConfig,
  endpoints: readonly Endpoint[],
  shared: PolicySet | undefined,
): PolicySet {
  return {
    authentication: 'none',
    authorization: 'off',
    'upstream-identity': 'off',
    // It takes forms, and ignores parameters that it does not know (RFC 6749 section 3.1).
    'openapi-validation': 'off',
    // Tokens are what it is there to give out.
    'response-validation': 'off',
    'leak-protection': 'off',
    // Which page may call depends on the client.
    cors: 'off',
    headers: { ...hstsOf(shared) },
    'request-limits': { target: 8192, body: 65_536, bodyTimeout: 10_000 },
    'rate-limit': [
      { name: 'oauth-burst', by: 'address', quota: limits?.burst ?? 50, window: 1000 },
      ...limitOf('oauth-page', endpoints, 'page', limits?.page ?? 120),
      ...limitOf('oauth-sign-in', endpoints, 'sign-in', limits?.signIn ?? 10),
      ...limitOf('oauth-token', endpoints, 'token', limits?.token ?? 120),
    ],
    'access-log': accessLogOf(shared),
  };
}

function limitOf(
  name: string,
  endpoints: readonly Endpoint[],
  limit: Endpoint['limit'],
  quota: number,
): object[] {
  const operations = endpoints
    .filter((each) => each.limit === limit)
    .map(({ method, path }) => `${method} ${path}`);
  return operations.length === 0 ? [] : [{ name, by: 'address', quota, window: 60_000, operations }];
}

/** HSTS is about the host, so that all that is served there says the same. */
function hstsOf(shared: PolicySet | undefined): object {
  const headers = shared?.['headers'] as { hsts?: unknown } | 'off' | undefined;
  return typeof headers === 'object' && headers.hsts !== undefined ? { hsts: headers.hsts } : {};
}

/** Queries carry codes, hints at tokens and names of users: only the names of their parameters are kept. */
function accessLogOf(shared: PolicySet | undefined): unknown {
  const log = shared?.['access-log'];
  if (log === 'off') return 'off';
  const { query, ...rest } = (log ?? {}) as { query?: string };
  return { ...rest, query: query === 'none' ? 'none' : 'names' };
}

function definitionOf(endpoints: readonly Endpoint[]): ApiDefinition {
  return {
    title: 'OAuth server',
    version: '1',
    specification: '3.1.0',
    servers: [],
    operations: endpoints.map(
      ({ id, method, path, summary }): OperationDefinition => ({
        id,
        method,
        path,
        parameters: [],
        requestBody: undefined,
        security: [],
        deprecated: false,
        tags: [],
        summary,
        shared: nothingShared,
      }),
    ),
    shared: nothingShared,
    faults: [],
  };
}
