import { z } from 'zod';
import { secret } from '../config/secret.ts';
import { duration } from '../config/units.ts';
import { signingAlgorithms } from '../signing-keys/key-plan.ts';

/** RFC 6749 section 3.3. */
const scopeToken = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/, {
  error: 'expected a scope without spaces, quotes or backslashes, such as orders:read',
});

/** OpenID Connect gives them a meaning of their own. */
const takenScopes: ReadonlySet<string> = new Set([
  'openid',
  'offline_access',
  'profile',
  'email',
  'address',
  'phone',
]);

const words = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .describe('What it allows, in words for the page that asks for consent.');

const scope = z.union([
  words,
  z.strictObject({
    words,
    roles: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe(
        'Roles of which a user needs one to grant it, or one that includes it. Default: every user may.',
      ),
  }),
]);

const resource = z.strictObject({
  scopes: z
    .record(scopeToken, scope)
    .refine((scopes) => Object.keys(scopes).length <= 200, { error: 'expected at most 200 scopes' })
    .refine((scopes) => Object.keys(scopes).every((name) => !takenScopes.has(name)), {
      error: `these names have a meaning in OpenID Connect: ${[...takenScopes].join(', ')}`,
    })
    .describe('The scopes of the API, with what each allows in words that users read.'),
  tokens: z
    .enum(['jwt', 'opaque'])
    .optional()
    .describe(
      'Access tokens that whoever has the keys can check (RFC 9068), or ones that have to be introspected (RFC 7662). Default jwt.',
    ),
  lifetime: duration()
    .refine((ms) => ms >= 60_000 && ms <= 86_400_000, { error: 'expected 1m to 1d' })
    .optional()
    .describe(
      'Of an access token; a jwt counts for so long after what it stands for was revoked. Default 10m.',
    ),
});

/** Compared to the letter by clients (RFC 9207, RFC 8414 section 2). */
const issuer = z
  .string()
  .refine((text) => issuerFault(text) === undefined, {
    error: ({ input }) => issuerFault(String(input)) ?? 'expected an issuer',
  })
  .describe(
    'The URL by which clients know the server, https (http to this machine): its host and path are where it is served.',
  );

function issuerFault(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return 'expected a URL such as https://id.example.com/oauth';
  const local = url.hostname === 'localhost' || url.hostname === '[::1]' || /^127\./.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && local))
    return 'expected https, as passwords and tokens go there';
  if (url.username !== '' || url.password !== '') return 'expected a URL without a user';
  if (text.includes('?') || text.includes('#')) return 'expected a URL without a query or fragment';
  const plain = url.pathname === '/' ? url.origin : url.href;
  if (text !== plain || text.endsWith('/') || !/^[\x21-\x7e]+$/.test(text))
    return `expected it in its plain spelling, ${plain.replace(/\/+$/, '')}`;
  if (!/^(\/[A-Za-z0-9._~-]+)*$/.test(url.pathname === '/' ? '' : url.pathname))
    return 'expected a path of letters, digits and . _ ~ -';
  return undefined;
}

const positive = (from: number, to: number, range: string) =>
  duration().refine((ms) => ms >= from && ms <= to, { error: `expected ${range}` });

export const oauthServer = z.strictObject({
  issuer,
  name: z
    .string()
    .trim()
    .min(1)
    .max(60)
    .optional()
    .describe('What users know it by: "Sign in to …". Default: the host of the issuer.'),
  resources: z
    .record(
      z
        .string()
        .refine(
          (text) =>
            /^[a-z][a-z0-9+.-]*:[\x21-\x7e]+$/.test(text) && !text.includes('#') && URL.canParse(text),
          {
            error: 'expected an absolute URI without a fragment, such as https://api.example.com/orders',
          },
        ),
      resource,
    )
    .refine((all) => Object.keys(all).length >= 1 && Object.keys(all).length <= 100, {
      error: 'expected 1 to 100 resources',
    })
    .describe(
      'The APIs that tokens are for, by resource indicator (RFC 8707), which is also the audience of the token. Where there is one only, clients need not name it.',
    ),
  signing: z
    .enum(signingAlgorithms)
    .optional()
    .describe('How tokens are signed; RS256 is for clients that know nothing else. Default ES256.'),
  keyRotation: positive(3_600_000, 400 * 86_400_000, '1h to 400d')
    .optional()
    .describe(
      'How often a new key takes over. The one before stays published until its last token has ended. Default 90d.',
    ),
  session: positive(300_000, 30 * 86_400_000, '5m to 30d')
    .optional()
    .describe('For how long a user stays signed in, as long as the browser runs. Default 12h.'),
  consent: positive(3_600_000, 800 * 86_400_000, '1h to 800d')
    .optional()
    .describe('For how long a consent is remembered, and refresh tokens work at the most. Default 180d.'),
  refreshToken: positive(300_000, 800 * 86_400_000, '5m to 800d')
    .optional()
    .describe('For how long a refresh token may lie unused. Default 30d.'),
  limits: z
    .strictObject({
      burst: z.int().min(1).max(100_000).optional().describe('Requests of all kinds, a second. Default 50.'),
      page: z.int().min(1).max(100_000).optional().describe('Pages, a minute. Default 120.'),
      signIn: z.int().min(1).max(100_000).optional().describe('Attempts to sign in, a minute. Default 10.'),
      token: z.int().min(1).max(100_000).optional().describe('Requests for tokens, a minute. Default 120.'),
    })
    .optional()
    .describe('For each address. Attempts are limited for each account besides.'),
  registration: z
    .strictObject({
      initialAccessToken: secret()
        .min(32)
        .describe('What a program must show to register a client (RFC 7591).'),
      scopes: z
        .array(scopeToken)
        .max(100)
        .optional()
        .describe('Which scopes clients that registered themselves may ask for. Default: none.'),
    })
    .optional()
    .describe(
      'Lets programs register clients. Left out: only the operator does, with `portcullis client create`.',
    ),
});

export type OauthServerConfig = z.output<typeof oauthServer>;
