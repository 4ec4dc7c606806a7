import { z } from 'zod';
import { mode, size } from '../../config/units.ts';

const action = z
  .enum(['mask', 'refuse', 'report', 'off'])
  .describe(
    'Put *** in its place (mask), answer 502 in the place of the reply (refuse), or record it only (report).',
  );

const except = z
  .array(z.string())
  .max(100)
  .optional()
  .describe('Where it may be: JSON Pointers, with * for any name or item and ** for any number of levels.');

const rule = z.union([action, z.strictObject({ action: action.optional(), except })]).optional();

export const schema = z.strictObject({
  mode: mode(),
  rules: z
    .strictObject({
      'stack-trace': rule.describe(
        'Stack traces of Java, Node, Python, .NET, PHP, Ruby, Go, Rust. Default refuse.',
      ),
      'sql-error': rule.describe(
        'What MySQL, PostgreSQL, SQLite, Oracle, SQL Server say of a query. Default refuse.',
      ),
      'private-key': rule.describe('Private keys as PEM or PuTTY files. Default refuse.'),
      'card-number': rule.describe('Numbers of payment cards, by issuer and check digit. Default report.'),
      token: rule.describe('JWTs, and keys that their makers marked by a prefix. Default report.'),
      'internal-address': rule.describe('Private addresses and internal host names. Default report.'),
    })
    .optional()
    .describe('What becomes of what is found, by rule.'),
  patterns: z
    .record(
      z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, { error: 'expected a name in lower case' }),
      z.strictObject({
        pattern: z
          .string()
          .max(500)
          .describe(
            'A regular expression that begins with three characters or more that stand for themselves.',
          ),
        action: action.optional().describe('Default report.'),
        except,
      }),
    )
    .optional()
    .describe('Rules of your own.'),
  largestReply: size()
    .optional()
    .describe('Bytes of a reply that are held where a rule masks or refuses. Default 512KiB.'),
  uninspected: z
    .enum(['refuse', 'report'])
    .optional()
    .describe(
      'What becomes of text that cannot be looked into where a rule masks or refuses: larger, encoded, streamed. Default refuse.',
    ),
  sample: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe(
      'In monitor, the share of replies that are no errors that is looked through. Default 1, and 0.1 where the policy is not written down.',
    ),
  exceptFields: z
    .array(z.string().transform((name) => name.toLowerCase()))
    .optional()
    .describe('Reply fields that are not looked at. Default [Set-Cookie].'),
});

export type LeakProtectionConfig = z.infer<typeof schema>;
