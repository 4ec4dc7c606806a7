import { z } from 'zod';
import { mode } from '../../config/units.ts';

const network = z.string().min(1).describe('An address or a network: 192.0.2.1, 10.0.0.0/8, 2001:db8::/32');

export const schema = z
  .strictObject({
    mode: mode(),
    allow: z
      .array(network)
      .min(1)
      .optional()
      .describe('Only these may call. Without it everybody may who is not denied.'),
    deny: z.array(network).min(1).optional().describe('These may not call, whatever allow says.'),
  })
  .refine((each) => each.allow !== undefined || each.deny !== undefined, {
    error: 'expected allow, deny, or both',
  });
