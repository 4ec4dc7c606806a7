import { z } from 'zod';
import { duration, mode } from '../../config/units.ts';
import { certificate } from './certificate/schema.ts';
import { credentialField, credentialParameter, jwt, oauth2 } from './token-schema.ts';

const name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, { error: 'expected the name of an authenticator' });

/** RFC 6749 appendix A has no rule for acr; what may stand in a quoted string without an escape is enough. */
const acr = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/, { error: 'expected an acr value without spaces' });

const rules = z
  .strictObject({
    mode: mode(),
    anyOf: z
      .array(z.union([name, z.strictObject({ allOf: z.array(name).min(2).max(4) })]))
      .min(1)
      .optional()
      .describe(
        'Names of authenticators; the credential of one of them is needed. In the place of a name, allOf with several names that are needed together.',
      ),
    allOf: z
      .array(z.union([name, z.strictObject({ anyOf: z.array(name).min(2).max(8) })]))
      .min(1)
      .max(4)
      .optional()
      .describe(
        'Names of authenticators that must all vouch for the request; the first says who calls. In the place of a name, anyOf with several of which one is needed.',
      ),
    stepUp: z
      .strictObject({
        acrValues: z
          .array(acr)
          .min(1)
          .optional()
          .describe('One of these must be the acr of the token: how the person behind it was authenticated.'),
        maxAge: duration()
          .refine((time) => time >= 1000, { error: 'expected 1s or more' })
          .optional()
          .describe('How long ago that may have been, by the auth_time of the token.'),
      })
      .refine(({ acrValues, maxAge }) => acrValues !== undefined || maxAge !== undefined, {
        error: 'expected acrValues, maxAge, or both',
      })
      .optional()
      .describe('Asks for a stronger or more recent authentication than the token may come from (RFC 9470).'),
    metadata: z
      .boolean()
      .optional()
      .describe(
        'Tell clients where tokens come from, at /.well-known/oauth-protected-resource (RFC 9728). Default true where an oauth2 authenticator is accepted.',
      ),
  })
  .refine(({ anyOf, allOf }) => (anyOf === undefined) !== (allOf === undefined), {
    error: 'expected either anyOf or allOf',
  });

export const schema = z.union([
  z.literal('none').describe('Anybody may call. Has to be written out: no API is open by accident.'),
  rules,
]);

export type AuthenticationRules = z.infer<typeof rules>;
export type AuthenticationConfig = z.infer<typeof schema>;

const apiKey = z
  .strictObject({
    header: credentialField('x-api-key')
      .optional()
      .describe('The field that carries the key. Default x-api-key.'),
    query: credentialParameter()
      .optional()
      .describe(
        'The parameter of the query that carries the key, in the place of a field. It ends up in histories, logs of others and Referer fields.',
      ),
  })
  .refine(({ header, query }) => header === undefined || query === undefined, {
    error: 'expected either header or query',
  });

/** RFC 6749 section 3.3. */
const scope = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/, { error: 'expected a scope' });

const basic = z.strictObject({
  scopes: z
    .array(scope)
    .min(1)
    .max(100)
    .optional()
    .describe('Scopes of everybody who is known by this authenticator. Default none.'),
});

const authenticator = z.union([
  z.strictObject({ oauth2 }),
  z.strictObject({ jwt }),
  z.strictObject({ apiKey }),
  z.strictObject({ basic }),
  z.strictObject({ certificate }),
]);

/** The `authenticators:` of the configuration. */
export const authenticators = z.record(name, authenticator);

export type ApiKeyConfig = z.infer<typeof apiKey>;
export type BasicConfig = z.infer<typeof basic>;
export type AuthenticatorConfig = z.infer<typeof authenticator>;
