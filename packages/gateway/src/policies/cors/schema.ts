import { z } from 'zod';
import { duration, mode } from '../../config/units.ts';

const origin = z
  .string()
  .regex(/^(\*|https?:\/\/[a-z0-9.-]+(:[0-9]{1,5})?|https?:\/\/\*\.[a-z0-9.-]+(:[0-9]{1,5})?)$/, {
    error:
      'expected an origin such as https://shop.example.com or https://*.example.com, lower-case and without a path',
  })
  .refine((text) => !/^(http:.*:80|https:.*:443)$/.test(text), {
    error: 'expected an origin without its default port, as browsers send it',
  });
const fieldNames = z.array(z.string().regex(/^[A-Za-z0-9-]+$/, { error: 'expected a field name' }));

export const schema = z
  .strictObject({
    mode: mode(),
    origins: z
      .array(origin)
      .min(1)
      .describe('Origins whose pages may call, or * for all (then without credentials).'),
    methods: z
      .array(z.string().regex(/^[A-Z]+$/))
      .min(1)
      .optional()
      .describe('Default: those that the definition has, else GET, HEAD and POST.'),
    requestHeaders: fieldNames
      .optional()
      .describe('Fields that pages may send. Default authorization, dpop, content-type and x-api-key.'),
    exposedHeaders: fieldNames
      .optional()
      .describe(
        'Fields of a reply that pages may read. Default the rate limit fields, www-authenticate, dpop-nonce and x-request-id.',
      ),
    credentials: z.boolean().optional().describe('Cookies and client certificates. Default false.'),
    maxAge: duration()
      .optional()
      .describe('How long a browser may keep the answer to a preflight. Default 10m.'),
    refuseOthers: z
      .boolean()
      .optional()
      .describe('Refuse requests of other origins, instead of leaving it to the browser. Default true.'),
  })
  .refine((cors) => cors.credentials !== true || !cors.origins.includes('*'), {
    error:
      'credentials cannot be combined with the origin *: any page could act for a signed-in user; list the origins',
    path: ['credentials'],
  });

export type CorsConfig = z.infer<typeof schema>;
