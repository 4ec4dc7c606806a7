import { z } from 'zod';

const file = z.string().min(1);

/** RFC 4514, without spaces around what separates: names are compared as texts. */
const distinguishedName = z
  .string()
  .max(1_024)
  .regex(/^(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)=/, {
    error: 'expected a distinguished name such as CN=orders,O=Example',
  })
  .refine((text) => !/(?<!\\)(?:\\\\)*[,+] /.test(text), {
    error: 'expected no spaces between the parts of the name, as in CN=orders,O=Example',
  });

const dnsPattern = z
  .string()
  .max(255)
  .regex(
    /^(?:\*\.)?(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?$/,
    {
      error: 'expected a DNS name, or one with *. in front for one label',
    },
  );

const uriPattern = z
  .string()
  .max(2_048)
  .regex(/^[A-Za-z][A-Za-z0-9+.-]*:(?:[^*\s]+|\/\/[^/?#*\s]+\/(?:[^?#*\s]*\/)?\*)$/, {
    error: 'expected a URI, or one with a path that ends in /*, as in spiffe://example.org/ns/prod/*',
  });

const emailPattern = z
  .string()
  .max(320)
  .regex(/^(?:\*|[\x21-\x29\x2b-\x3f\x41-\x7e]+)@[A-Za-z0-9.-]+$/, {
    error: 'expected a mail address, or *@ and a domain',
  });

const word = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, { error: 'expected a name without spaces' });

const conditions = ['dns', 'uri', 'email', 'subject', 'cn', 'ou', 'issuer'] as const;

const rule = z
  .strictObject({
    dns: dnsPattern
      .optional()
      .describe('A DNS name of the certificate, in any case; *. in front stands for one label.'),
    uri: uriPattern
      .optional()
      .describe(
        'A URI of the certificate, to the letter; /* at the end stands for one or more segments of a path.',
      ),
    email: emailPattern
      .optional()
      .describe(
        'A mail address of the certificate, its domain in any case; *@ in front for all of a domain.',
      ),
    subject: distinguishedName
      .optional()
      .describe(
        'The whole subject, to the letter, as RFC 4514 writes it: openssl x509 -subject -nameopt RFC2253.',
      ),
    cn: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('The common name, to the letter, where there is only one.'),
    ou: z.string().min(1).max(256).optional().describe('One of the organizational units, to the letter.'),
    issuer: distinguishedName
      .optional()
      .describe(
        'The subject of the authority that issued the certificate, written as in subject; that authority must be in ca itself.',
      ),
    roles: z.array(word).min(1).optional().describe('Roles of whoever meets this rule.'),
    scopes: z.array(word).min(1).optional().describe('Scopes of whoever meets this rule.'),
  })
  .refine((each) => conditions.some((name) => each[name] !== undefined), {
    error: `expected one of ${conditions.join(', ')}`,
  });

export const certificate = z.strictObject({
  ca: z
    .union([file, z.array(file).min(1).max(32)])
    .describe(
      'PEM files with the authorities: those that are signed by none of the others are trusted, the others may stand between.',
    ),
  from: z
    .enum(['connection', 'proxy'])
    .optional()
    .describe(
      'Where the certificate is: on the connection, or in the field Client-Cert of a trusted proxy (RFC 9440). Default connection.',
    ),
  crl: z
    .union([file, z.array(file).min(1).max(64)])
    .optional()
    .describe(
      'Files with what the authorities have revoked, PEM or DER. Without a current one nobody passes.',
    ),
  crlFor: z
    .enum(['leaf', 'chain'])
    .optional()
    .describe(
      'Whether only the certificate of the client is looked up, or those of the authorities between too. Default chain.',
    ),
  allow: z
    .array(rule)
    .min(1)
    .max(1_000)
    .optional()
    .describe(
      'Rules of which a certificate must meet one, with all that it names. Default: every certificate.',
    ),
  identity: z
    .enum(['subject', 'cn', 'dns', 'uri', 'email', 'thumbprint'])
    .optional()
    .describe('What the caller is known by; a certificate must have exactly one of it. Default subject.'),
  rolesFrom: z
    .enum(['ou', 'o'])
    .optional()
    .describe(
      'An attribute of the subject whose values are roles too: organizational units, or organizations.',
    ),
});

export type CertificateConfig = z.infer<typeof certificate>;
export type CertificateRule = z.infer<typeof rule>;
