import { z } from 'zod';
import { mode } from '../../config/units.ts';

export const schema = z.strictObject({
  mode: mode(),
  unknownQueryParameters: z
    .enum(['refuse', 'ignore'])
    .optional()
    .describe('What becomes of a query parameter that the operation does not define. Default refuse.'),
  maxErrors: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe('How many errors a refusal lists at most. Default 20.'),
});

export type OpenapiValidationConfig = z.infer<typeof schema>;
