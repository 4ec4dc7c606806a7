import type { Configuration } from '../config/schema.ts';
import { formatAuthority, parseAuthority } from '../http/authority.ts';
import { parseRequestTarget, type TargetReason, targetReasons } from '../http/request-target.ts';
import { rules } from '../intake.ts';
import type { ProblemName } from '../problems/catalogue.ts';
import type { AskedRequest } from './asked-request.ts';

/** Method and URL as the gateway reads them: canonical. */
export interface ReadHead {
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly hasPathParameters: boolean;
  readonly host: string;
  /** With the port, unless it is the default one. */
  readonly authority: string;
}

/** Whether some listener takes the connection. */
export type Heard =
  | { readonly kind: 'unheard'; readonly detail: string }
  | { readonly kind: 'heard'; readonly notes: readonly string[]; readonly redirectPort: number | undefined };

/** @param internal the internal listener that the request comes to; undefined for a public one */
export function listenerFor(
  { scheme, authority }: AskedRequest,
  { listen }: Configuration,
  internal: string | undefined,
): Heard {
  if (internal !== undefined) return internalListener(scheme, internal, listen.internal?.[internal]);
  const { http, https } = listen;
  // TLS may end in front of the gateway, which then hears http.
  const own = scheme === 'https' ? (https ?? (http?.plaintext === true ? http : undefined)) : http;
  if (own === undefined)
    return { kind: 'unheard', detail: `listen.${scheme} is not there: the connection is refused` };
  const notes: string[] = [];
  if (scheme === 'https' && https === undefined)
    notes.push('listen.https is not there: TLS must end in front of the gateway');
  const port = parseAuthority(authority)?.port ?? (scheme === 'https' ? 443 : 80);
  if (own.port !== 0 && own.port !== port) {
    notes.push(
      `port ${port} is not the gateway's own, ${scheme} listens on ${own.port}: something has to lead from one to the other`,
    );
  }
  const redirects = scheme === 'http' && http?.plaintext !== true;
  return { kind: 'heard', notes, redirectPort: redirects ? (listen.redirectPort ?? https?.port) : undefined };
}

function internalListener(
  scheme: string,
  name: string,
  listener: { readonly plaintext?: boolean | undefined } | undefined,
): Heard {
  if (listener === undefined) return { kind: 'unheard', detail: `listen.internal.${name} is not there` };
  if (listener.plaintext === true || scheme === 'https')
    return { kind: 'heard', notes: [], redirectPort: undefined };
  return { kind: 'unheard', detail: `listen.internal.${name} takes https only: the connection is closed` };
}

/** As intake.ts reads it, whose refusals have the same names. */
export function readHead({
  method,
  scheme,
  target,
  authority,
}: AskedRequest): ReadHead | { problem: ProblemName; detail: string } {
  if (method === 'TRACE' || method === 'TRACK' || method === 'CONNECT') {
    return { problem: 'method-unknown', detail: `${method} is never taken, whatever a definition says.` };
  }
  const read = parseRequestTarget(target);
  if (read.kind === 'fault') {
    if (read.reason === 'too-long') return { problem: 'target-too-long', detail: targetReasons[read.reason] };
    return { problem: 'malformed-target', detail: targetDetail(read.reason) };
  }
  const named = parseAuthority(authority);
  if (named === undefined) return { problem: 'malformed-request', detail: rules['host-malformed'] };
  const { host, port } = named;
  const isDefault = port === undefined || port === (scheme === 'https' ? 443 : 80);
  return {
    path: read.path,
    query: read.query,
    hasPathParameters: read.pathParameters === true,
    host,
    authority: isDefault ? host : formatAuthority(named),
  };
}

export function targetDetail(reason: TargetReason): string {
  return `${targetReasons[reason]} (${reason})`;
}
