import { z } from 'zod';
import { mode } from '../../config/units.ts';

export const schema = z.strictObject({
  mode: mode(),
  field: z
    .enum(['x-forwarded-for', 'forwarded'])
    .optional()
    .describe(
      'The one field in which trusted proxies name the client; the other is never believed. Default x-forwarded-for.',
    ),
});

export type ClientAddressConfig = z.infer<typeof schema>;
