import { z } from 'zod';
import { duration, mode } from '../../config/units.ts';

const name = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/, { error: 'expected a field name' });
const value = z.string().regex(/^[\t\x20-\x7e]{0,8192}$/, {
  error: 'expected printable ASCII, as a field value must not break lines',
});

const edits = z.strictObject({
  set: z.record(name, value).optional().describe('Fields to set, in the place of any that are there.'),
  remove: z.array(name).optional().describe('Fields to remove.'),
});

export const schema = z.strictObject({
  mode: mode(),
  request: edits.optional().describe('Changes to what the upstream gets.'),
  response: edits.optional().describe('Changes to what the caller gets.'),
  hsts: z
    .union([
      z.literal(false),
      z.strictObject({
        maxAge: duration().optional().describe('Default 365d.'),
        includeSubDomains: z.boolean().optional().describe('Default true.'),
        preload: z.boolean().optional().describe('Default false; it can hardly be taken back.'),
      }),
    ])
    .optional()
    .describe('Strict-Transport-Security on https (RFC 6797).'),
  security: z
    .boolean()
    .optional()
    .describe(
      'Adds nosniff, frame, referrer, resource and content policies where the upstream sets none. Default true.',
    ),
  hideServer: z.boolean().optional().describe('Removes Server, X-Powered-By and their like. Default true.'),
});

export type HeadersConfig = z.infer<typeof schema>;
