import { z } from 'zod';
import { mode, size } from '../../config/units.ts';
import { charsets } from '../../http/charset.ts';
import { contentCodings } from '../../http/content-coding.ts';

export const schema = z.strictObject({
  mode: mode(),
  unknownQueryParameters: z
    .enum(['refuse', 'strip', 'ignore', 'allow'])
    .optional()
    .describe(
      'What becomes of a query parameter that the operation does not define; strip keeps it from the service, ignore lets it pass and records it. Default refuse.',
    ),
  unknownFields: z
    .enum(['refuse', 'strip', 'ignore', 'allow'])
    .optional()
    .describe(
      'What becomes of a field of a body that its schema does not mention, where the schema says nothing of others, or that is readOnly; ignore lets it pass and records it. Default refuse.',
    ),
  contentCodings: z
    .array(z.enum(contentCodings))
    .optional()
    .describe(
      'Content codings of bodies that are undone here. Default gzip and deflate; an empty list for none.',
    ),
  charsets: z
    .array(z.enum(charsets))
    .optional()
    .describe('Character encodings besides UTF-8 that are taken, and changed into UTF-8. Default none.'),
  maxFiles: z.int().min(0).max(1000).optional().describe('Files in one multipart body. Default 20.'),
  maxFileSize: size()
    .optional()
    .describe('One file of a multipart body. Default as large as the body may be.'),
  fileNames: z
    .enum(['strict', 'plain', 'any'])
    .optional()
    .describe(
      'Names of files: plain refuses paths, control characters and names of devices, strict also extensions that servers or browsers run. Default strict.',
    ),
  maxErrors: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe('How many errors a refusal lists at most. Default 20.'),
});

export type OpenapiValidationConfig = z.infer<typeof schema>;
