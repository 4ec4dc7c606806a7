import { z } from 'zod';
import { mode } from '../../config/units.ts';

export const schema = z.strictObject({
  mode: mode(),
  to: z
    .union([z.literal('stdout'), z.strictObject({ file: z.string().min(1) })])
    .optional()
    .describe('Where the lines go: stdout, or a file to append to. Default stdout.'),
  query: z
    .enum(['redacted', 'names', 'none'])
    .optional()
    .describe(
      'How queries are written: with sensitive values hidden, names only, or not at all. Default redacted.',
    ),
  redact: z
    .array(z.string().min(1))
    .optional()
    .describe('Further parameters of queries and path templates whose values are hidden.'),
  userAgent: z.boolean().optional().describe('Default true.'),
});
