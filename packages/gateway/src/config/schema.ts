import { z } from 'zod';
import { isLoopbackHost } from '../documents/location.ts';
import { oauthServer } from '../oauth-server/schema.ts';
import { authenticators } from '../policies/authentication/schema.ts';
import { roles } from '../policies/authorization/roles-schema.ts';
import type { AnyPolicy } from '../policies/index.ts';
import { duration, size } from './units.ts';

const port = z.int().min(0).max(65_535).describe('A port; 0 takes a free one.');
const host = z.string().min(1).optional().describe('The address to listen on. Default: all, IPv4 and IPv6.');
const localHost = z.string().min(1).optional().describe('The address to listen on. Default 127.0.0.1.');

const certificate = z.strictObject({
  cert: z.string().min(1).describe('PEM file with the certificate and its chain.'),
  key: z.string().min(1).describe('PEM file with the private key.'),
});

const clientCertificates = z
  .enum(['request'])
  .optional()
  .describe(
    'Ask clients for a certificate, by which they may be known, and which tokens may be bound to (RFC 8705); who has none may do without. Default: nobody is asked.',
  );

const https = z
  .strictObject({
    port,
    host,
    certificates: z
      .array(certificate)
      .min(1)
      .optional()
      .describe('The one whose names match is shown (SNI); else the first.'),
    selfSigned: z
      .union([z.literal(true), z.array(z.string().min(1)).min(1)])
      .optional()
      .describe(
        'Makes a certificate at the first start and keeps it: true for localhost, or a list of names. For trying out.',
      ),
    clientCertificates,
  })
  .refine((each) => (each.certificates === undefined) !== (each.selfSigned === undefined), {
    error: 'expected either certificates or selfSigned',
  });

const http = z.strictObject({
  port,
  host,
  plaintext: z
    .boolean()
    .optional()
    .describe('Serve APIs without TLS. Default false: everything is redirected to https.'),
});

const internalListener = z
  .strictObject({
    port,
    host: localHost,
    certificates: z
      .array(certificate)
      .min(1)
      .optional()
      .describe('As those of https, which are shown where this is left out.'),
    clientCertificates,
    plaintext: z
      .literal(true)
      .optional()
      .describe('Without TLS, for a network that nobody else can listen in on.'),
  })
  .refine(
    ({ plaintext, ...tls }) =>
      plaintext === undefined || (tls.certificates ?? tls.clientCertificates) === undefined,
    {
      error: 'certificates are for TLS: leave out either them or plaintext',
    },
  );

/** They stand where the names of the other listeners do, as in faults and in `ready`. */
const listenerName = z.string().regex(/^(?!https?$|admin$)[a-z][a-z0-9-]{0,62}$/, {
  error: 'expected a name of lower-case letters, digits and hyphens, other than http, https and admin',
});

const listen = z.strictObject({
  http: http.optional().describe('Plain HTTP. Left out: no such port.'),
  https: https.optional().describe('HTTP/1.1 and HTTP/2 over TLS 1.2 and 1.3.'),
  internal: z
    .record(listenerName, internalListener)
    .optional()
    .describe(
      'Listeners by name for networks of your own: APIs with visibility: internal are there, beside the public ones.',
    ),
  admin: z
    .strictObject({
      host: localHost,
      port,
    })
    .optional()
    .describe('Metrics, health, and the public keys of upstream-identity. Keep it off public networks.'),
  headTimeout: duration().optional().describe('In which the head of a request must arrive. Default 10s.'),
  idleTimeout: duration().optional().describe('After which an idle connection is closed. Default 60s.'),
  drainTimeout: duration()
    .optional()
    .describe('How long requests in flight may take when the gateway is stopped. Default 30s.'),
  maxConnections: z.int().min(1).optional().describe('Connections of one data thread. Default 10000.'),
  maxRequests: z.int().min(1).optional().describe('Requests in progress in one data thread. Default 5000.'),
  redirectPort: port
    .optional()
    .describe(
      'The port that http is redirected to, where it differs from that of https, as behind a port mapping.',
    ),
});

const remotePlace = z.string().refine(isSafePlace, {
  error:
    'expected an https URL without a password, query or fragment, such as https://schemas.example.com/orders/',
});

function isSafePlace(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
}

const target = z.string().regex(/^https?:\/\/[^/?#@\s]+$/, {
  error: 'expected an origin such as http://10.0.0.1:3000, without a path or credentials',
});

const upstream = z.strictObject({
  targets: z.array(target).min(1).max(1000).describe('The servers behind the API.'),
  balance: z
    .enum(['round-robin', 'least-pending'])
    .optional()
    .describe('Which target gets the next request. Default round-robin.'),
  protocol: z
    .enum(['http1', 'http2'])
    .optional()
    .describe('What the targets speak; http2 is needed for gRPC. Default http1.'),
  host: z
    .enum(['target', 'preserve'])
    .optional()
    .describe("The Host that servers see: the target's, or the caller's. Default target."),
  stripBasePath: z
    .boolean()
    .optional()
    .describe('Leave the basePath out of what the servers see. Default false.'),
  connectTimeout: duration().optional().describe('Until a connection stands. Default 5s.'),
  responseTimeout: duration().optional().describe('Until the head of the reply. Default 30s.'),
  idleTimeout: duration()
    .optional()
    .describe('Between two pieces of a reply; also of a WebSocket. Default 60s.'),
  retries: z
    .int()
    .min(0)
    .max(10)
    .optional()
    .describe('Further attempts, only for what was not sent or is safe to repeat. Default 1.'),
  connections: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe('To each target, from each data thread. Default 256.'),
  tls: z
    .strictObject({
      ca: z
        .string()
        .min(1)
        .optional()
        .describe('PEM file of the authorities to trust instead of the public ones.'),
      cert: z.string().min(1).optional().describe('PEM file: the certificate that the gateway shows.'),
      key: z.string().min(1).optional().describe('PEM file: its private key.'),
      serverName: z
        .string()
        .min(1)
        .optional()
        .describe('The name to verify, where it is not that of the target.'),
    })
    .optional()
    .describe('For targets with https; their certificates are always verified.'),
});

const smallestCounterMemory = 1_048_576;
const largestCounterMemory = 4 * 1_073_741_824;

export type UpstreamConfig = z.infer<typeof upstream>;

/** The schema of portcullis.yaml; `policies` adds a key for each. The only source of what a configuration may say. */
export function configurationSchema(policies: readonly AnyPolicy[]) {
  const each = Object.fromEntries(
    policies.map(({ name, schema, summary }) => [
      name,
      z
        .union([z.literal('off'), schema])
        .optional()
        .describe(summary),
    ]),
  );
  const policySet = z.strictObject(each);

  const api = z
    .strictObject({
      openapi: z
        .string()
        .min(1)
        .optional()
        .describe('The OpenAPI definition: operations, schemas and scopes come from it.'),
      openapiRemote: z
        .array(remotePlace)
        .min(1)
        .max(100)
        .optional()
        .describe(
          'URLs below which the definition may refer to documents; they are read at each start and reload. Default: nothing is fetched.',
        ),
      hosts: z
        .array(
          z.string().regex(/^(\*|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])$/, {
            error: 'expected a host in lower case without a port, such as api.example.com or *.example.com',
          }),
        )
        .min(1)
        .optional()
        .describe('Hosts that the API is served for. Default: all.'),
      basePath: z
        .string()
        .regex(/^(?:\/[A-Za-z0-9._~!$&'()*+,=:@/-]*|servers)$/, {
          error: 'expected a path that starts with a slash, or servers',
        })
        .optional()
        .describe(
          'In front of the paths of the definition; servers takes the one path that all servers of the definition have. Default /.',
        ),
      upstream: upstream.describe('Where the requests go that may pass.'),
      visibility: z
        .enum(['public', 'internal'])
        .optional()
        .describe(
          'Whom the API is there for: everybody (public, the default), or who comes by one of listeners and from one of networks. For all others it does not exist.',
        ),
      listeners: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe(
          'Names of listen.internal, of which the request must have come to one. Default: all of them, unless networks are given.',
        ),
      networks: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe(
          'Addresses and networks that an internal API is for. Default: loopback and private ones, where there are no internal listeners.',
        ),
      policies: policySet.optional().describe('For this API.'),
      operations: z
        .record(z.string(), z.strictObject({ policies: policySet.describe('For this operation.') }))
        .optional()
        .describe('Policies of single operations, written as METHOD /path of the definition.'),
    })
    .refine(({ visibility, networks }) => networks === undefined || visibility === 'internal', {
      error: 'networks are for visibility: internal; ip-access says who may call a public API',
      path: ['networks'],
    })
    .refine(({ visibility, listeners }) => listeners === undefined || visibility === 'internal', {
      error: 'listeners are for visibility: internal; a public API is there on all of them',
      path: ['listeners'],
    });

  return z.strictObject({
    listen,
    threads: z
      .union([z.literal('auto'), z.int().min(1).max(256)])
      .optional()
      .describe('Data threads. Default auto: one for each processor.'),
    state: z
      .string()
      .min(1)
      .optional()
      .describe('Folder for keys and certificates that the gateway makes. Default .portcullis.'),
    trustedProxies: z
      .array(z.string().min(1))
      .optional()
      .describe('Addresses and networks of proxies whose forwarding fields are believed. Default: nobody.'),
    counters: z
      .strictObject({
        memory: size()
          .refine((bytes) => bytes >= smallestCounterMemory && bytes <= largestCounterMemory, {
            error: 'expected 1MiB to 4GiB',
          })
          .optional()
          .describe('Shared memory for rate limits. Default 32MiB.'),
      })
      .optional(),
    extensions: z
      .array(z.string().min(1))
      .max(100)
      .optional()
      .describe('TypeScript or JavaScript files with policies of your own; each exports one as `policy`.'),
    oauthServer: oauthServer
      .optional()
      .describe('An OAuth 2.0 and OpenID Connect server of its own: clients, users, consent and tokens.'),
    authenticators: authenticators.optional().describe('Ways to be known, by name.'),
    roles: roles
      .optional()
      .describe('Who may what: roles with what they may, and the roles that they include.'),
    policies: policySet
      .optional()
      .describe('For all APIs that do not say otherwise, and for requests that no API takes.'),
    apis: z
      .record(
        z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
          error: 'expected a name of lower-case letters, digits and hyphens',
        }),
        api,
      )
      .describe('The APIs, by name.'),
  });
}

export type Configuration = z.output<ReturnType<typeof configurationSchema>>;
export type ApiConfig = Configuration['apis'][string];
export type PolicySet = Readonly<Record<string, unknown>>;
