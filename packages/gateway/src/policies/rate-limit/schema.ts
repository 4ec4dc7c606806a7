import { z } from 'zod';
import { duration, mode } from '../../config/units.ts';

const attribute = z.enum(['address', 'principal', 'key', 'client', 'route', 'api']);

const limit = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
      error: 'expected a name of lower-case letters, digits and hyphens',
    })
    .describe('Shown to callers in the RateLimit fields, and in the record.'),
  by: z
    .union([attribute, z.array(attribute).min(1)])
    .describe(
      'What has a count of its own: address, principal, key (API key; others are not limited), client (of OAuth), route (operation), api; or several together.',
    ),
  quota: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .describe('Requests in a window; up to so many at once, then evenly.'),
  window: duration().describe('Such as 1s, 1m, 1h.'),
  operations: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Only for these operations, written as METHOD /path of the definition. Default: all.'),
});

const fields = z.strictObject({
  standard: z.boolean().optional().describe('RateLimit and RateLimit-Policy. Default true.'),
  legacy: z
    .enum(['X-RateLimit-', 'X-Rate-Limit-', 'none'])
    .optional()
    .describe('Spelling of the older Limit, Remaining and Reset fields. Default X-RateLimit-.'),
});

export const schema = z.union([
  z.array(limit).min(1),
  z.strictObject({ mode: mode(), limits: z.array(limit).min(1), fields: fields.optional() }),
]);

export type Limit = z.infer<typeof limit>;
