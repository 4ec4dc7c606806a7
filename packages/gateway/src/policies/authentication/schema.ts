import { z } from 'zod';
import { duration, mode } from '../../config/units.ts';
import { fieldName } from '../../http/field-name.ts';

const name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, { error: 'expected the name of an authenticator' });

export const schema = z.union([
  z.literal('none').describe('Anybody may call. Has to be written out: no API is open by accident.'),
  z.strictObject({
    mode: mode(),
    anyOf: z.array(name).min(1).describe('Names of authenticators; the credential of one of them is needed.'),
  }),
]);

export type AuthenticationConfig = z.infer<typeof schema>;

/** Asymmetric only: a shared secret would let everybody who verifies tokens make them too. */
export const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const; // prettier-ignore
export type Algorithm = (typeof algorithms)[number];

const jwt = z.strictObject({
  issuer: z.string().min(1).describe('The iss claim, compared to the letter.'),
  audience: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .describe('One of these must be in the aud claim, so that tokens for other services are of no use here.'),
  jwks: z.string().min(1).describe('Where the keys are: an https URL (http to loopback), or a file.'),
  algorithms: z
    .array(z.enum(algorithms))
    .min(1)
    .describe('Signature algorithms that are accepted; never none and never HMAC.'),
  clockTolerance: duration().optional().describe('For exp, nbf and iat. Default 30s, at most 5m.'),
  types: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Accepted typ of the token. Default at+jwt and JWT, or none given.'),
  scopeClaim: z.string().min(1).optional().describe('Default scope (a text with spaces, or a list).'),
  rolesClaim: z
    .string()
    .min(1)
    .optional()
    .describe('Default roles; dots lead into objects: realm_access.roles.'),
  refresh: duration().optional().describe('How often the keys are read again. Default 10m.'),
});

/** Fields that say something else already: two readers of one field would disagree. */
function isTaken(field: string): boolean {
  const { lower, hopByHop, once } = fieldName(field);
  return hopByHop || once !== 0 || lower === 'cookie';
}

const apiKey = z.strictObject({
  header: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, { error: 'expected a field name' })
    .refine((text) => !isTaken(text), {
      error: 'expected a field that has no other meaning, such as x-api-key',
    })
    .optional()
    .describe('The field that carries the key. Default x-api-key.'),
});

const authenticator = z.union([z.strictObject({ jwt }), z.strictObject({ apiKey })]);

/** The `authenticators:` of the configuration. */
export const authenticators = z.record(name, authenticator);

export type JwtConfig = z.infer<typeof jwt>;
export type ApiKeyConfig = z.infer<typeof apiKey>;
export type AuthenticatorConfig = z.infer<typeof authenticator>;
