import { z } from 'zod';
import { secret } from '../../config/secret.ts';
import { duration } from '../../config/units.ts';
import { fieldName } from '../../http/field-name.ts';

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

/** Nothing symmetric, and not RSA1_5, whose padding tells whoever asks often enough what was encrypted. */
export const keyManagements = [
  'RSA-OAEP',
  'RSA-OAEP-256',
  'RSA-OAEP-384',
  'RSA-OAEP-512',
  'ECDH-ES',
  'ECDH-ES+A128KW',
  'ECDH-ES+A192KW',
  'ECDH-ES+A256KW',
] as const; // prettier-ignore

export const contentEncryptions = [
  'A128GCM',
  'A192GCM',
  'A256GCM',
  'A128CBC-HS256',
  'A192CBC-HS384',
  'A256CBC-HS512',
] as const; // prettier-ignore

/** Fields that say something else already: two readers of one field would disagree. */
function isTaken(field: string): boolean {
  const { lower, hopByHop, once } = fieldName(field);
  return hopByHop || once !== 0 || lower === 'cookie' || lower === 'dpop';
}

/** The name of a field that carries a credential. */
export function credentialField(example: string) {
  return z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, { error: 'expected a field name' })
    .refine((text) => !isTaken(text), {
      error: `expected a field that has no other meaning, such as ${example}`,
    });
}

/** The name of a parameter of the query that carries a credential. */
export function credentialParameter() {
  return z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, { error: 'expected the name of a parameter' });
}

const place = z.union([
  z.strictObject({ header: credentialField('x-token').describe('A field that holds the token alone.') }),
  z.strictObject({
    cookie: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,64}$/, { error: 'expected the name of a cookie' })
      .describe('A cookie. Browsers send it for any page: see to it that other sites cannot use that.'),
  }),
  z.strictObject({
    query: credentialParameter().describe(
      'A parameter of the query. It ends up in histories, logs and Referer fields.',
    ),
  }),
]);

const dpop = z.strictObject({
  algorithms: z
    .array(z.enum(algorithms))
    .min(1)
    .optional()
    .describe('Signature algorithms of proofs. Default ES256, PS256, RS256, EdDSA and Ed25519.'),
  proofAge: duration().optional().describe('How old a proof may be; at most 10m. Default 60s.'),
  nonce: z
    .boolean()
    .optional()
    .describe(
      'Ask for a nonce of the gateway in each proof, so that none can be made in advance. Default true.',
    ),
  nonceSecret: secret()
    .min(32)
    .optional()
    .describe(
      'For several gateways that are to accept nonces of each other: 32 characters or more, the same for all.',
    ),
});

const audience = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .describe('One of these must be in the aud claim, so that tokens for other services are of no use here.');

/** What both forms of an authenticator for tokens have. */
const common = {
  clockTolerance: duration().optional().describe('For exp, nbf and iat. Default 30s, at most 5m.'),
  scopeClaim: z.string().min(1).optional().describe('Default scope (a text with spaces, or a list).'),
  rolesClaim: z
    .string()
    .min(1)
    .optional()
    .describe('Default roles; dots lead into objects: realm_access.roles.'),
  refresh: duration()
    .optional()
    .describe(
      'How often the keys are read again; more often, down to once a minute, where the issuer asks for it by Cache-Control. Default 10m.',
    ),
  outage: duration()
    .optional()
    .describe('How long the last keys stay in force while the issuer cannot be reached. Default 1d.'),
  token: place
    .optional()
    .describe(
      'Where the token is; there and nowhere else. Default: the field Authorization, with the scheme Bearer or DPoP.',
    ),
  binding: z
    .enum(['optional', 'required', 'dpop', 'mtls'])
    .optional()
    .describe(
      'Whether tokens must be bound to their sender: not (but those that are bound are only good with the proof), by either way, by a DPoP key, or by a client certificate. Default optional.',
    ),
  dpop: dpop
    .optional()
    .describe(
      'How DPoP proofs are judged (RFC 9449). Proofs are accepted without it; with it challenges name the scheme.',
    ),
};

export const jwt = z.strictObject({
  issuer: z.string().min(1).describe('The iss claim, compared to the letter.'),
  audience,
  jwks: z.string().min(1).describe('Where the keys are: an https URL (http to loopback), or a file.'),
  algorithms: z
    .array(z.enum(algorithms))
    .min(1)
    .describe('Signature algorithms that are accepted; never none and never HMAC.'),
  types: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Accepted typ of the token. Default at+jwt and JWT, or none given.'),
  ...common,
});

const introspection = z.strictObject({
  clientId: z.string().min(1).describe('The client that the gateway is to the issuer.'),
  clientSecret: secret().describe('Its secret, sent as client_secret_basic.'),
  endpoint: z
    .string()
    .min(1)
    .optional()
    .describe('Default: the introspection_endpoint of the metadata of the issuer.'),
  always: z
    .boolean()
    .optional()
    .describe(
      'Ask about JWTs too, once their signature holds, so that a revocation takes effect within the time of cache. Default false.',
    ),
  cache: duration()
    .optional()
    .describe(
      'How long an answer is believed, so that a revocation takes effect within it; at most 5m. Default 30s.',
    ),
  audience: z
    .enum(['required', 'optional'])
    .optional()
    .describe(
      'Whether an answer must name one of audience; where it names others it is always refused. Default required.',
    ),
  concurrency: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('Questions under way at once, from each data thread; more are answered with 503. Default 20.'),
  timeout: duration().optional().describe('For an answer; at most 30s. Default 5s.'),
});

const decryption = z.strictObject({
  key: z
    .union([secret(), z.array(secret()).min(1).max(4)])
    .describe(
      'The private key that tokens are encrypted for, PKCS #8 in PEM or a JWK; several while one takes over from another.',
    ),
  algorithms: z
    .array(z.enum(keyManagements))
    .min(1)
    .optional()
    .describe('Accepted alg. Default RSA-OAEP-256, ECDH-ES, ECDH-ES+A128KW and ECDH-ES+A256KW.'),
  encryptions: z
    .array(z.enum(contentEncryptions))
    .min(1)
    .optional()
    .describe('Accepted enc. Default A128GCM, A256GCM, A128CBC-HS256 and A256CBC-HS512.'),
});

export const oauth2 = z.strictObject({
  issuer: z
    .string()
    .min(1)
    .describe(
      'The issuer identifier, an https URL (http to loopback): its metadata is found from it, and the iss claim must equal it to the letter.',
    ),
  audience,
  algorithms: z
    .array(z.enum(algorithms))
    .min(1)
    .optional()
    .describe(
      'Signature algorithms that are accepted; never none and never HMAC. Default RS256, PS256, ES256, EdDSA and Ed25519.',
    ),
  types: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Accepted typ of the token; untyped stands for none given. Default at+jwt (RFC 9068).'),
  tokens: z
    .enum(['jwt', 'opaque', 'any'])
    .optional()
    .describe(
      'What tokens are: JWTs; opaque, so that the issuer is asked about each; or either, by their shape. Default jwt, and any with introspection.',
    ),
  introspection: introspection
    .optional()
    .describe('Asks the issuer about tokens that do not speak for themselves (RFC 7662).'),
  decryption: decryption.optional().describe('For tokens that are encrypted for the gateway (RFC 7516).'),
  ...common,
});

export type JwtConfig = z.infer<typeof jwt>;
export type Oauth2Config = z.infer<typeof oauth2>;
export type TokenPlaceConfig = z.infer<typeof place>;
export type DpopConfig = z.infer<typeof dpop>;
export type IntrospectionConfig = z.infer<typeof introspection>;
export type DecryptionConfig = z.infer<typeof decryption>;
