import type { Head, Known, Principal } from '../exchange.ts';
import { canonicalAddress } from '../http/address.ts';
import { Fields } from '../http/fields.ts';
import type { Route } from '../plan.ts';
import { UsageFault } from './command.ts';
import type { ReadHead } from './request-head.ts';

/** Options of commands that speak of somebody; each may be given several times where it is a list. */
export const principalOptions = {
  'as-role': { type: 'string', multiple: true },
  scope: { type: 'string', multiple: true },
  claim: { type: 'string', multiple: true },
  client: { type: 'string' },
  kind: { type: 'string', multiple: true },
  from: { type: 'string' },
  listener: { type: 'string' },
  at: { type: 'string' },
} as const;

export interface PrincipalValues {
  readonly 'as-role'?: readonly string[] | undefined;
  readonly scope?: readonly string[] | undefined;
  readonly claim?: readonly string[] | undefined;
  readonly client?: string | undefined;
  readonly kind?: readonly string[] | undefined;
  readonly from?: string | undefined;
  readonly listener?: string | undefined;
  readonly at?: string | undefined;
}

/** Who asks, as the operator describes them. */
export interface AskedBy {
  /** Undefined when nobody was described. */
  readonly principal: Principal | undefined;
  /** Canonical; undefined when it was not said. */
  readonly address: string | undefined;
  /** The internal listener that the request comes to; undefined for a public one, or when it was not said. */
  readonly listener: string | undefined;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** @throws UsageFault that says how to write it */
export function readPrincipal(values: PrincipalValues, now: number): AskedBy {
  const address = values.from === undefined ? undefined : canonicalAddress(values.from);
  if (values.from !== undefined && address === undefined)
    throw new UsageFault(`--from ${values.from}: expected an address, such as 203.0.113.7`);
  const time = values.at === undefined ? now : Date.parse(values.at);
  if (Number.isNaN(time))
    throw new UsageFault(`--at ${values.at}: expected a time, such as 2026-11-24T16:00:00Z`);
  const [kind = 'jwt', ...others] = (values.kind ?? []).map(readKind);
  const described = [values['as-role'], values.scope, values.claim, values.client, values.kind];
  if (described.every((each) => each === undefined))
    return { principal: undefined, address, listener: values.listener, time };
  const claims = Object.fromEntries((values.claim ?? []).map(readClaim));
  const subject = typeof claims['sub'] === 'string' ? claims['sub'] : 'somebody';
  const common = {
    authenticator: 'described',
    subject,
    client: values.client,
    claims: { ...claims, sub: subject },
  };
  const nothing = new Set<string>();
  const also = others.map((each) => ({ ...common, kind: each, scopes: nothing, roles: nothing }));
  return {
    principal: {
      ...common,
      kind,
      scopes: new Set(words(values.scope)),
      roles: new Set(words(values['as-role'])),
      ...(also.length > 0 && { also }),
    },
    address,
    listener: values.listener,
    time,
  };
}

const kinds: Readonly<Record<string, Principal['kind']>> = {
  token: 'jwt',
  key: 'api-key',
  certificate: 'certificate',
  password: 'password',
};

function readKind(written: string): Principal['kind'] {
  const kind = Object.hasOwn(kinds, written) ? kinds[written] : undefined;
  if (kind === undefined)
    throw new UsageFault(`--kind ${written}: expected one of ${Object.keys(kinds).join(', ')}`);
  return kind;
}

/** `--scope 'a b'` is what stands in a token. */
function words(values: readonly string[] | undefined): string[] {
  return (values ?? []).flatMap((each) => each.split(/[\s,]+/)).filter((each) => each !== '');
}

/** Claims that identify somebody are texts, whatever they look like (RFC 7519 section 4.1, RFC 9068 section 2.2). */
const texts: ReadonlySet<string> = new Set(['sub', 'iss', 'aud', 'jti', 'client_id', 'azp']);

function readClaim(written: string): [name: string, value: unknown] {
  const equals = written.indexOf('=');
  if (equals <= 0) throw new UsageFault(`--claim ${written}: expected a name and a value, such as sub=42`);
  const name = written.slice(0, equals);
  const value = written.slice(equals + 1);
  if (texts.has(name)) return [name, value];
  try {
    return [name, JSON.parse(value) as unknown];
  } catch {
    return [name, value];
  }
}

/** A request as policies would see it, by whoever was described. */
export function requestOf(
  { method, scheme }: { readonly method: string; readonly scheme: 'http' | 'https' },
  read: ReadHead,
  route: Route,
  by: AskedBy,
): Head & Known {
  const address = by.address ?? '203.0.113.1';
  return {
    id: 'explained',
    method,
    path: read.path,
    query: read.query,
    scheme,
    authority: read.authority,
    host: read.host,
    httpVersion: '1.1',
    fields: new Fields(),
    rawTarget: read.query === '' ? read.path : `${read.path}?${read.query}`,
    rawFields: [],
    peerAddress: address,
    clientAddress: address,
    clientCertificate: undefined,
    upgrade: undefined,
    api: route.plan.api,
    operation: route.operation,
    pathValues: route.pathValues,
    receivedAt: by.time,
    principal: by.principal,
    addReplyField: () => {},
    setReplyField: () => {},
    addedReplyField: () => undefined,
    note: () => {},
  };
}
