import { z } from 'zod';
import { mode, size } from '../../config/units.ts';

export const schema = z.strictObject({
  mode: mode(),
  status: z
    .enum(['refuse', 'report'])
    .optional()
    .describe('What becomes of a reply whose status the operation does not define. Default refuse.'),
  body: z
    .enum(['refuse', 'report'])
    .optional()
    .describe(
      'What becomes of content that is not of a defined media type, or does not meet its schema. Default refuse.',
    ),
  undeclaredFields: z
    .enum(['strip', 'refuse', 'report', 'allow'])
    .optional()
    .describe(
      'What becomes of members of JSON that the schema does not declare, or that are writeOnly. Default strip.',
    ),
  headers: z
    .enum(['refuse', 'report'])
    .optional()
    .describe(
      'What becomes of a reply without a header field that is required, or with a wrong one. Default report.',
    ),
  undeclaredHeaders: z
    .enum(['strip', 'report', 'allow'])
    .optional()
    .describe('What becomes of header fields that are neither defined nor everybody’s. Default allow.'),
  allowedHeaders: z
    .array(z.string().transform((name) => name.toLowerCase()))
    .optional()
    .describe('Further header fields that count as defined.'),
  maxSize: size()
    .optional()
    .describe('Bytes of a reply that are held to be judged; a larger one is refused. Default 256KiB.'),
  sample: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe(
      'In monitor, the share of replies of which more than the status is judged: 0.01 for one in a hundred. Default 1, and 0.1 where the policy is not written down.',
    ),
});
