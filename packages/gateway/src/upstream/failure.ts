import { type Refuse, refuse } from '../exchange.ts';
import type { MalformedCode } from '../http/malformed.ts';
import type { ProblemName } from '../problems/catalogue.ts';
import type { FaultCode } from './client.ts';
import type { UpstreamSettings } from './upstream.ts';

/** Errors before which no byte of the request can have been sent. */
const beforeSending: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  // The file of a Unix socket is not there.
  'ENOENT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'CONNECT_TIMEOUT',
]);

/** The upstream is slow enough already. */
const timeouts: ReadonlySet<string> = new Set<FaultCode>([
  'QUEUE_TIMEOUT',
  'RESPONSE_TIMEOUT',
  'IDLE_TIMEOUT',
]);

/** What came was no reply, or the request is none: both would be so again. */
const hopeless: ReadonlySet<string> = new Set<FaultCode | MalformedCode>([
  'REQUEST_FIELD',
  'STATUS_LINE',
  'STATUS',
  'FIELD',
  'HEAD_SIZE',
  'FRAMING',
  'TRANSFER_CODING',
  'CHUNK',
  'SWITCH',
  'INTERIM',
]);

/** Methods that change nothing, so that twice is as good as once (RFC 9110 section 9.2.1). */
const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

function codeOf(error: Error): string {
  const code = (error as Error & { code?: unknown }).code;
  if (typeof code === 'string') return code;
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  return inner instanceof Error ? codeOf(inner) : error.name;
}

/** True when another attempt cannot do anything twice. A timeout is not repeated: the upstream is slow enough. */
export function mayRepeat(method: string, error: Error, sent: boolean): boolean {
  const code = codeOf(error);
  if (timeouts.has(code) || hopeless.has(code)) return false;
  if (beforeSending.has(code)) return true;
  return safe.has(method) || !sent;
}

/** What the caller is told of a failure, with its code for the record. */
export function failureRefusal(error: Error, { failure }: Pick<UpstreamSettings, 'failure'>): Refuse {
  const { problem, reason } = describeFailure(error);
  if (failure === undefined) return refuse(problem, { reason });
  return refuse(failure, { reason, fields: ['retry-after', '2'] });
}

/** What a failure means, and its code for the record. */
export function describeFailure(error: Error): { problem: ProblemName; reason: string } {
  const code = codeOf(error);
  if (timeouts.has(code)) return { problem: 'upstream-timeout', reason: code };
  if (beforeSending.has(code) || isCertificateFault(code))
    return { problem: 'upstream-unreachable', reason: code };
  return { problem: 'upstream-failed', reason: code };
}

function isCertificateFault(code: string): boolean {
  return (
    code.startsWith('ERR_TLS_') ||
    code.startsWith('CERT_') ||
    code.includes('CERT') ||
    code.startsWith('UNABLE_TO_')
  );
}
