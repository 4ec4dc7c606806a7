/**
 * What a unit test of a policy needs in the place of a server: a request, an environment, and the policy prepared as
 * the gateway prepares it. Meant for policies of your own too:
 *
 *     const policy = await preparePolicy(ipAccess, { deny: ['192.0.2.0/24'] }, environment());
 *     const verdict = await policy.head?.(exchange('GET /orders', { clientAddress: '192.0.2.1' }));
 */
import { Intermediates } from '../certificates/intermediates.ts';
import { createCounterMemory } from '../counters/counter-memory.ts';
import { SharedCounters } from '../counters/shared-counters.ts';
import { DocumentReader } from '../documents/documents.ts';
import { fetchJson } from '../documents/fetch-json.ts';
import type { Environment, KeyUse } from '../environment.ts';
import type { Body, Ended, Head, Principal, Reply, ReplyBody, UpstreamRequest } from '../exchange.ts';
import { Fields } from '../http/fields.ts';
import { parseJson } from '../http/json.ts';
import { type JsonLimits, usualLimits } from '../http/json-limits.ts';
import { nothingShared, type OperationDefinition } from '../openapi/definition.ts';
import { compileRoles } from '../policies/authorization/roles.ts';
import type { Phase, PolicyDefinition, Prepared } from '../policy.ts';
import type { Api, Operation } from '../routing/apis.ts';
import { templateParameters } from '../routing/path-template.ts';

type Note = string | number | boolean | readonly string[];
type FieldValues = Readonly<Record<string, string | readonly string[]>>;

/** Names in any case; a list stands for a field that comes several times. */
function fieldsOf(values: FieldValues): Fields {
  const fields = new Fields();
  for (const [name, value] of Object.entries(values)) {
    for (const each of [value].flat()) fields.append(name.toLowerCase(), each);
  }
  return fields;
}

/** What a test may say of an exchange; all else has a plain default. */
export interface ExchangeParts extends Partial<Omit<Ended, 'fields' | 'method' | 'path' | 'query' | 'host'>> {
  readonly fields?: FieldValues;
  /** A string or bytes as they arrived; anything else as JSON. */
  readonly body?: unknown;
  /** Of a body that flows past. */
  readonly beginning?: Buffer;
  /** Default 1 MiB. */
  readonly heldSize?: number;
  readonly jsonLimits?: JsonLimits;
  /** For a body that flows past unseen. Default: whether `body` is given. */
  readonly hasBody?: boolean;
  readonly upstreamFields?: FieldValues;
  /** Default: the query of the request. */
  readonly upstreamQuery?: string;
  readonly replyFields?: FieldValues;
  /** Like `body`. */
  readonly replyBody?: unknown;
  /** Default true. */
  readonly fromUpstream?: boolean;
}

/** An exchange that serves every phase. What policies add to it can be looked at. */
export class TestExchange implements Ended, Body, UpstreamRequest, Reply, ReplyBody {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly scheme: Head['scheme'];
  readonly authority: string;
  readonly host: string;
  readonly httpVersion: Head['httpVersion'];
  readonly fields: Fields;
  readonly rawTarget: string;
  readonly rawFields: readonly string[];
  readonly peerAddress: string;
  readonly clientAddress: string;
  readonly clientCertificate: Head['clientCertificate'];
  readonly upgrade: Head['upgrade'];
  readonly api: Api | undefined;
  readonly operation: Operation | undefined;
  readonly pathValues: readonly string[];
  readonly receivedAt: number;
  readonly principal: Principal | undefined;
  readonly hasBody: boolean;
  readonly body: Buffer | undefined;
  readonly beginning: Buffer | undefined;
  readonly heldSize: number;
  readonly jsonLimits: JsonLimits;
  readonly upstreamFields: Fields;
  upstreamQuery: string;
  readonly replyFields: Fields;
  readonly replyBody: Buffer;
  readonly fromUpstream: boolean;
  readonly status: number;
  readonly refusal: Ended['refusal'];
  readonly observations: Ended['observations'];
  notes: Record<string, Note> | undefined;
  readonly duration: number;
  readonly requestBytes: number;
  readonly replyBytes: number;
  readonly traceId: string;
  readonly upstream: Ended['upstream'];
  readonly aborted: boolean;
  /** What policies asked to add to whatever reply comes. */
  readonly added = new Fields();

  constructor(line: string, parts: ExchangeParts) {
    const [method = 'GET', target = '/'] = line.split(' ');
    const question = target.indexOf('?');
    this.method = method;
    this.path = question < 0 ? target : target.slice(0, question);
    this.query = question < 0 ? '' : target.slice(question + 1);
    this.id = parts.id ?? '00000000000000000000000000000001';
    this.scheme = parts.scheme ?? 'https';
    this.authority = parts.authority ?? 'api.example.com';
    this.host = this.authority.replace(/:[0-9]+$/, '');
    this.httpVersion = parts.httpVersion ?? '1.1';
    this.fields = fieldsOf(parts.fields ?? {});
    this.rawTarget = parts.rawTarget ?? target;
    this.rawFields = parts.rawFields ?? this.fields.flat;
    this.peerAddress = parts.peerAddress ?? parts.clientAddress ?? '203.0.113.7';
    this.clientAddress = parts.clientAddress ?? this.peerAddress;
    this.clientCertificate = parts.clientCertificate;
    this.upgrade = parts.upgrade;
    this.api = parts.api;
    this.operation = parts.operation;
    this.pathValues = parts.pathValues ?? [];
    this.receivedAt = parts.receivedAt ?? 1_700_000_000_000;
    this.principal = parts.principal;
    this.body = bytesOf(parts.body);
    this.beginning = parts.beginning;
    this.heldSize = parts.heldSize ?? 1_048_576;
    this.jsonLimits = parts.jsonLimits ?? usualLimits;
    this.hasBody = parts.hasBody ?? this.body !== undefined;
    this.upstreamFields = fieldsOf(parts.upstreamFields ?? {});
    this.upstreamQuery = parts.upstreamQuery ?? this.query;
    this.replyFields = fieldsOf(parts.replyFields ?? {});
    this.replyBody = bytesOf(parts.replyBody) ?? Buffer.alloc(0);
    this.fromUpstream = parts.fromUpstream ?? true;
    this.status = parts.status ?? 200;
    this.refusal = parts.refusal;
    this.observations = parts.observations ?? [];
    this.notes = parts.notes === undefined ? undefined : { ...parts.notes };
    this.duration = parts.duration ?? 1;
    this.requestBytes = parts.requestBytes ?? this.body?.length ?? 0;
    this.replyBytes = parts.replyBytes ?? 0;
    this.traceId = parts.traceId ?? '0000000000000000000000000000000a';
    this.upstream = parts.upstream;
    this.aborted = parts.aborted ?? false;
  }

  addReplyField(name: string, value: string): void {
    this.added.append(name, value);
  }

  setReplyField(name: string, value: string): void {
    this.added.set(name, value);
  }

  addedReplyField(name: string): string | undefined {
    return this.added.get(name);
  }

  note(name: string, value: Note): void {
    this.notes ??= {};
    this.notes[name] = value;
  }

  json(): unknown {
    return parseJson(this.body ?? Buffer.alloc(0), this.jsonLimits);
  }
}

function bytesOf(body: unknown): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/**
 * A request, and whatever else of an exchange the phase under test may see.
 * @param line method, path and query: `GET /orders/7?page=2`
 */
export function exchange(line = 'GET /', parts: ExchangeParts = {}): TestExchange {
  return new TestExchange(line, parts);
}

export interface PrincipalParts extends Partial<Omit<Principal, 'scopes' | 'roles'>> {
  readonly scopes?: Iterable<string>;
  readonly roles?: Iterable<string>;
}

/** Somebody who is known; `alice`, by a token, unless the test says otherwise. */
export function principal(parts: PrincipalParts = {}): Principal {
  return {
    authenticator: 'customers',
    kind: 'jwt',
    subject: 'alice',
    client: undefined,
    claims: {},
    ...parts,
    scopes: new Set(parts.scopes),
    roles: new Set(parts.roles),
  };
}

/**
 * An operation of an OpenAPI definition.
 * @param line method and path template: `GET /orders/{id}`
 */
export function operation(line: string, definition: Partial<OperationDefinition> = {}): Operation {
  const [method = '', path = ''] = line.split(' ');
  const id = definition.id ?? line;
  return {
    id,
    method,
    path,
    parameterNames: templateParameters(path),
    definition: {
      parameters: [],
      requestBody: undefined,
      responses: undefined,
      security: undefined,
      deprecated: false,
      tags: [],
      summary: undefined,
      shared: nothingShared,
      ...definition,
      id,
      method,
      path,
    },
  };
}

/** An API; without operations it is one that has no definition. Its base path is `/`. */
export function api(name: string, operations?: readonly Operation[]): Api {
  return {
    name,
    basePath: '',
    operations,
    allowedMethods: (path) =>
      (operations ?? []).filter((each) => each.path === path).map(({ method }) => method),
  };
}

/** An environment whose clock a test moves, and which keeps what a policy says. */
export interface TestEnvironment extends Environment {
  readonly warnings: readonly string[];
  /** Uses of API keys that were reported. */
  readonly uses: readonly KeyUse[];
  /** Lines of all logs, in order. */
  readonly lines: readonly string[];
  /** The logs that were opened. */
  readonly logs: readonly string[];
  /** Moves the clock, and that of the counters. */
  readonly advance: (milliseconds: number) => void;
  /** What the gateway does when it puts the configuration in force. */
  readonly start: () => void;
  /** What the gateway does when it lets a configuration go. */
  readonly close: () => void;
}

/** @param parts what differs from an environment without API, authenticators and trusted proxies */
export function environment(parts: Partial<Environment> = {}): TestEnvironment {
  let now = 1_700_000_000_000;
  const warnings: string[] = [];
  const uses: KeyUse[] = [];
  const lines: string[] = [];
  const logs: string[] = [];
  const starters: (() => void)[] = [];
  const closers: (() => void)[] = [];
  return {
    folder: '/etc/portcullis',
    stateFolder: '/var/lib/portcullis',
    api: undefined,
    counters: new SharedCounters(createCounterMemory(65_536), () => now * 1000),
    documents: new DocumentReader(fetchJson, () => now),
    intermediates: new Intermediates(),
    secret: Buffer.alloc(32, 'a secret of tests'),
    now: () => now,
    warn: (message) => warnings.push(message),
    openLog: (destination) => {
      logs.push(destination);
      return (line) => lines.push(line);
    },
    share: shareIn(new Map()),
    keep: shareIn(new Map()),
    onStart: (start) => starters.push(start),
    onClose: (close) => closers.push(close),
    authenticators: {},
    credentialParameters: [],
    keyUsed: (id, former, at) => uses.push([id, former, at]),
    roles: compileRoles(undefined),
    trustedProxies: [],
    ...parts,
    warnings,
    uses,
    lines,
    logs,
    advance: (milliseconds) => {
      now += milliseconds;
    },
    start: () => {
      for (const start of starters.splice(0)) start();
    },
    close: () => {
      for (const close of closers.splice(0)) close();
    },
  };
}

/**
 * Prepares a policy from its configuration as it is written in portcullis.yaml.
 * @throws ZodError when the schema of the policy does not take it; whatever `prepare` throws
 */
export async function preparePolicy<Config, P extends Phase>(
  policy: PolicyDefinition<Config, P>,
  written: unknown,
  within: Environment = environment(),
): Promise<Prepared<P>> {
  return policy.prepare(policy.schema.parse(written), within);
}

/** As the gateway does it: whoever asks first makes it. */
function shareIn(made: Map<string, unknown>): Environment['share'] {
  return <T>(key: string, make: () => T): T => {
    if (!made.has(key)) made.set(key, make());
    return made.get(key) as T;
  };
}
