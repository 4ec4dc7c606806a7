import { z } from 'zod';
import { mode, size } from '../../config/units.ts';

/** An id, a range of ids, or a tag: `942100`, `942000-942999`, `tag:attack-sqli`. */
const rule = z.union([
  z.int().min(1).max(2_147_483_647),
  z.string().regex(/^[0-9]{1,10}-[0-9]{1,10}$/),
  z.string().regex(/^tag:[A-Za-z0-9_./:-]{1,100}$/),
]);

const exclusion = z.strictObject({
  rule: z
    .union([rule, z.array(rule).min(1).max(100)])
    .describe('Ids of rules, ranges of them (942000-942999), or a tag of theirs (tag:attack-sqli).'),
  target: z
    .string()
    .regex(/^[A-Z_]{2,40}(?::[A-Za-z0-9_.$*[\]-]{1,100})?$/)
    .optional()
    .describe(
      'What the rule no longer looks at, ARGS:comment for example. Default: the rule does not run at all.',
    ),
  path: z
    .string()
    .regex(/^\/[\x21-\x7e]*$/)
    .optional()
    .describe('Only below this path, base path included; * stands for one segment. Default everywhere.'),
  operation: z
    .string()
    .min(1)
    .optional()
    .describe('Only for this operation: its operationId, or POST /posts/{id} as the definition writes it.'),
  reason: z.string().min(3).max(500).describe('Why the rule is wrong there, for whoever reads this next.'),
});

export const schema = z.strictObject({
  mode: mode(),
  rules: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1).max(100)])
    .optional()
    .describe(
      'Where rules come from, in their order: core for those that are built in, crs:FOLDER for the OWASP Core Rule Set (the folder with its *.conf, or the one above), or a file in SecLang. Default core.',
    ),
  paranoia: z
    .int()
    .min(1)
    .max(4)
    .optional()
    .describe('How much is suspected; core has three levels. Default 1.'),
  thresholds: z
    .strictObject({
      inbound: z.int().min(1).max(1_000).optional().describe('Default 5: one critical finding.'),
      outbound: z.int().min(1).max(1_000).optional().describe('Default 4.'),
    })
    .optional()
    .describe('The anomaly score from which a request, or a reply, is refused.'),
  exclude: z.array(exclusion).max(500).optional().describe('Rules that are wrong about this API, and where.'),
  responses: z
    .boolean()
    .optional()
    .describe('Whether replies are held and looked into as well. Default false.'),
  maxBody: size()
    .optional()
    .describe(
      'Bytes of a body without its files; a larger one is refused. Looking takes up to 0.6 ms for each KiB, in steps between which others have their turn. Default 128KiB.',
    ),
  maxArguments: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe('Values in the query and the body together. Default 4000.'),
});

export type WafConfig = z.infer<typeof schema>;
export type Exclusion = z.infer<typeof exclusion>;
