import { z } from 'zod';
import { mode } from '../../config/units.ts';

export const schema = z.strictObject({
  mode: mode(),
  roles: z
    .record(z.string(), z.array(z.string().min(1)).min(1))
    .optional()
    .describe(
      'Operations, written as METHOD /path of the definition, and the roles of which the caller needs one.',
    ),
  undeclared: z
    .enum(['refuse', 'authenticated'])
    .optional()
    .describe(
      'Operations for which neither the definition nor roles say who may: refuse them (default), or let in whoever is known.',
    ),
});

export type AuthorizationConfig = z.infer<typeof schema>;
