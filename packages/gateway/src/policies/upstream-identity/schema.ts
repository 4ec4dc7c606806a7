import { z } from 'zod';
import { duration, mode } from '../../config/units.ts';
import { plainName } from '../../http/field-name.ts';
import { takenBecause } from './field-names.ts';
import { keptClaims } from './jwt.ts';
import { longestLifetime, shortestLifetime } from './key-rules.ts';

const fieldName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, {
    error: 'expected a field name of letters, digits and hyphens, such as x-user',
  })
  .superRefine((name, context) => {
    const why = takenBecause(name);
    if (why !== undefined) context.addIssue({ code: 'custom', message: why });
  });

const source = z.string().regex(/^(?:subject|client|scopes|roles|authenticator|kind|claims\.[^\s]{1,200})$/, {
  error:
    'expected subject, client, scopes, roles, authenticator, kind or claims.NAME, where dots lead into objects',
});

const claimName = z
  .string()
  .regex(/^[^\s]{1,200}$/, { error: 'expected the name of a claim' })
  .refine((name) => !keptClaims.has(name), {
    error: 'this claim is made by the gateway itself: it cannot be taken from the credential of the caller',
  });

const text = z
  .string()
  .regex(/^[\x21-\x7e]{1,256}$/, { error: 'expected up to 256 characters without spaces' });

const jwt = z.strictObject({
  field: fieldName.optional().describe('The field that carries it. Default x-portcullis-identity.'),
  audience: text.optional().describe('Its aud claim. Default: the name of the API.'),
  issuer: text.optional().describe('Its iss claim. Default portcullis.'),
  lifetime: duration()
    .refine((time) => time >= shortestLifetime && time <= longestLifetime, { error: 'expected 10s to 10m' })
    .optional()
    .describe('From its making to its exp; one is sent again until half of it is over. Default 60s.'),
  claims: z
    .array(claimName)
    .min(1)
    .max(32)
    .optional()
    .describe('Names of claims of the caller to copy into it. Default none.'),
  request: z
    .array(z.enum(['address', 'id']))
    .min(1)
    .max(2)
    .optional()
    .describe(
      'What of the request to put into it: client_address, request_id. Then one is signed for each request. Default none.',
    ),
});

export const schema = z
  .strictObject({
    mode: mode(),
    jwt: jwt.optional().describe('A JWT that the gateway signs says who calls.'),
    fields: z
      .record(fieldName, source)
      .refine((fields) => Object.keys(fields).length <= 16, { error: 'expected 16 fields at most' })
      .optional()
      .describe(
        'Fields that say who calls, by name: subject, client, scopes, roles, authenticator, kind, or claims.NAME.',
      ),
    credential: z
      .enum(['keep', 'remove'])
      .optional()
      .describe(
        'Whether the upstream gets the token of the caller. Default keep; API keys that the API accepts are taken out in any case.',
      ),
  })
  .refine(
    ({ jwt, fields, credential }) => jwt !== undefined || fields !== undefined || credential === 'remove',
    {
      error: 'expected jwt, fields or credential: remove',
    },
  )
  .superRefine((config, context) => {
    const used = new Set<string>(config.jwt === undefined ? [] : [plainName(jwtField(config.jwt))]);
    for (const name of Object.keys(config.fields ?? {})) {
      if (used.has(plainName(name)))
        context.addIssue({ code: 'custom', path: ['fields', name], message: 'this field is there already' });
      used.add(plainName(name));
    }
  });

export type UpstreamIdentityConfig = z.infer<typeof schema>;
export type JwtConfig = z.infer<typeof jwt>;

/** Lower-case. */
export function jwtField({ field = 'x-portcullis-identity' }: JwtConfig): string {
  return field.toLowerCase();
}
