import type { Decision } from '../../counters/gcra.ts';
import type { Head } from '../../exchange.ts';
import type { CompiledLimit } from './limits.ts';

interface FieldSettings {
  readonly standard?: boolean | undefined;
  readonly legacy?: 'X-RateLimit-' | 'X-Rate-Limit-' | 'none' | undefined;
}

/** Tells the caller where it stands with one limit. */
export type TellLimit = (request: Head, limit: CompiledLimit, decision: Decision) => void;

/**
 * `RateLimit` and `RateLimit-Policy` are those of draft-ietf-httpapi-ratelimit-headers-11, lists with one member for
 * each limit. The older fields have room for one limit only and show the one that will refuse first.
 */
export function limitFields(settings: FieldSettings = {}): TellLimit {
  const standard = settings.standard !== false;
  const legacy = settings.legacy ?? 'X-RateLimit-';
  const names = legacy === 'none' ? undefined : legacyNames(legacy.toLowerCase());
  return (request, limit, { remaining, resetSeconds }) => {
    if (standard) {
      extend(request, 'ratelimit-policy', limit.policyMember);
      extend(request, 'ratelimit', `"${limit.name}";r=${remaining};t=${resetSeconds}`);
    }
    if (names === undefined) return;
    const before = request.addedReplyField(names.remaining);
    if (before !== undefined && Number(before) <= remaining) return;
    request.setReplyField(names.limit, String(limit.prepared.quota));
    request.setReplyField(names.remaining, String(remaining));
    request.setReplyField(names.reset, String(resetSeconds));
  };
}

function legacyNames(prefix: string) {
  return { limit: `${prefix}limit`, remaining: `${prefix}remaining`, reset: `${prefix}reset` };
}

function extend(request: Head, name: string, member: string): void {
  const before = request.addedReplyField(name);
  request.setReplyField(name, before === undefined ? member : `${before}, ${member}`);
}
