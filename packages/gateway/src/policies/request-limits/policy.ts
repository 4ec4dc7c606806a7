import type { Refuse } from '../../exchange.ts';
import { refuse } from '../../exchange.ts';
import { type JsonLimits, usualLimits } from '../../http/json-limits.ts';
import { definePolicy } from '../../policy.ts';
import { type JsonConfig, schema } from './schema.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

export const requestLimits = definePolicy({
  name: 'request-limits',
  summary: 'How large a request may be in each of its parts, and how slow.',
  phase: 'head',
  schema,
  problems: ['target-too-long', 'fields-too-large', 'query-too-large', 'body-too-large', 'body-timeout'],
  onFault: 'refuse',
  byDefault: () => ({}),
  prepare(config) {
    const target = config.target ?? 8 * KiB;
    const fieldCount = config.fieldCount ?? 100;
    const fieldSize = config.fieldSize ?? 16 * KiB;
    const fieldsSize = config.fieldsSize ?? 32 * KiB;
    const queryCount = config.queryCount ?? 100;
    return {
      bodyLimits: {
        size: config.body ?? GiB,
        // Who lowers `body` alone means all bodies.
        inspectedSize: config.inspectedBody ?? Math.min(config.body ?? MiB, MiB),
        timeout: config.bodyTimeout ?? 10_000,
        minimumRate: config.minimumBodyRate ?? 100,
        json: jsonLimits(config.json),
      },
      head({ path, query, fields }) {
        if (path.length + query.length > target) return refuse('target-too-long');
        if (query !== '' && countParameters(query, queryCount) > queryCount) return refuse('query-too-large');
        return checkFields(fields.flat, fieldCount, fieldSize, fieldsSize);
      },
    };
  },
});

function jsonLimits({ inexactNumbers, prototypeNames, ...bounds }: JsonConfig = {}): JsonLimits {
  const given = Object.fromEntries(Object.entries(bounds).filter(([, bound]) => bound !== undefined));
  return {
    ...usualLimits,
    ...given,
    inexactNumbers: inexactNumbers === 'allow',
    prototypeNames: prototypeNames === 'allow',
  };
}

/** Counts no further than one above the bound. */
function countParameters(query: string, bound: number): number {
  let count = 1;
  for (let at = query.indexOf('&'); at !== -1 && count <= bound; at = query.indexOf('&', at + 1)) count++;
  return count;
}

function checkFields(flat: readonly string[], count: number, one: number, all: number): Refuse | undefined {
  if (flat.length > 2 * count) return refuse('fields-too-large', { reason: 'count' });
  let total = 0;
  for (let i = 0; i < flat.length; i += 2) {
    const length = flat[i]!.length + flat[i + 1]!.length;
    if (length > one) return refuse('fields-too-large', { reason: `size of ${flat[i]!.slice(0, 64)}` });
    total += length;
  }
  return total > all ? refuse('fields-too-large', { reason: 'total size' }) : undefined;
}
