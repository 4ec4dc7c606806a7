import { z } from 'zod';
import { mode, size } from '../../config/units.ts';
import { kinds } from './kinds.ts';

const kind = z.enum(kinds);

export const schema = z.strictObject({
  mode: mode(),
  fields: z
    .record(z.string(), z.union([kind, z.array(kind).min(1).max(kinds.length)]))
    .optional()
    .describe(
      'Fields of bodies that are cleaned, besides those that the definition marks, as #/note or POST /orders#/items/*/note, and how: html, text, strip-control, trim, url, filename, or several in their order.',
    ),
  html: z
    .strictObject({
      allowedTags: z
        .array(z.string())
        .max(100)
        .optional()
        .describe('Default p, br, b, i, em, strong, ul, ol, li, a, blockquote, code, pre.'),
      allowedAttributes: z
        .record(z.string(), z.array(z.string()).max(50))
        .optional()
        .describe('By tag, or * for every tag. Default href of a.'),
      allowedSchemes: z
        .array(z.string())
        .max(20)
        .optional()
        .describe('Of URLs in attributes. Default http, https, mailto.'),
      longest: size()
        .optional()
        .describe('Characters of a text that is cleaned; a longer one is refused. Default and most 32KiB.'),
    })
    .optional()
    .describe('What html leaves in.'),
  dangerous: z
    .enum(['refuse', 'report', 'off'])
    .optional()
    .describe(
      'What becomes of markup that scripts in all other text of a request: refuse it with 400, record it only, or do not look. Default report.',
    ),
});

export type SanitisingConfig = z.infer<typeof schema>;
