/** What the gateway must know of a field by its name alone. */
export interface FieldName {
  /** Lower-case spelling (RFC 9110 section 5.1: names are case-insensitive). */
  readonly lower: string;
  /** What servers may read in it that tell fewer characters apart: see `plainName`. */
  readonly plain: string;
  /** Meant for one connection only, never forwarded (RFC 9110 section 7.6.1). */
  readonly hopByHop: boolean;
  /** Says who or where the caller is; only the gateway may say that to an upstream. */
  readonly identity: boolean;
  /** One bit for a field that may occur once only, because two of them let two readers disagree; else 0. Cookie lines are joined. */
  readonly once: number;
}

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
]);

const once: Readonly<Record<string, number>> = {
  host: 1,
  'content-length': 2,
  'content-type': 4,
  authorization: 8,
  origin: 16,
  'transfer-encoding': 32,
  expect: 64,
  cookie: 128,
};

/** Fields by which proxies say that they ask for somebody else, and for whom; some is there of whatever was forwarded. */
export const forwardingFields: readonly string[] = [
  'x-forwarded-for',
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-original-forwarded-for',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'x-envoy-external-address',
  'x-originating-ip',
  'x-remote-ip',
  'x-remote-addr',
];

const identity = new Set([
  ...forwardingFields,
  'x-original-url',
  'x-original-uri',
  'x-original-host',
  'x-original-method',
  'x-rewrite-url',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-host',
  'remote-addr',
  'remote-user',
  'x-remote-user',
  'x-user',
  'x-user-id',
  'x-user-name',
  'x-username',
  'x-email',
  'x-user-email',
  'x-role',
  'x-roles',
  'x-user-roles',
  'x-groups',
  'x-scopes',
  'x-principal',
  'x-subject',
  'x-tenant-id',
  'x-credential-identifier',
  'x-anonymous-consumer',
  'client-cert',
  'client-cert-chain',
  'x-client-cert',
  'x-client-certificate',
  'x-client-dn',
  'x-client-verify',
  'x-ssl-cert',
  'x-ssl-subject',
  'x-ssl-issuer',
  'x-ssl-verify',
  'x-arr-clientcert',
]);

const identityPrefixes = [
  'x-forwarded-',
  'x-portcullis-',
  'x-consumer-',
  'x-authenticated-',
  'x-auth-request-',
  'x-ssl-client-',
  'ssl-client-',
  'x-tls-client-',
  'tls-client-',
  'x-client-cert-',
  'x-client-certificate-',
  'x-mtls-',
  'x-amzn-mtls-',
  'cf-client-cert-',
  'x-amzn-oidc-',
  'x-goog-authenticated-user-',
  'x-ms-client-principal',
];

/**
 * Servers that hand fields on as CGI variables read `X_User` as `X-User` (RFC 3875 section 4.1.18), some of them
 * `X.User` and `X~User` too. So names are judged with everything that is no letter or digit read as a hyphen.
 */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-');
}

function describe(raw: string): FieldName {
  const plain = plainName(raw);
  const lower = raw.toLowerCase();
  return {
    lower,
    plain,
    hopByHop: hopByHop.has(plain),
    once: once[lower] ?? 0,
    identity: identity.has(plain) || identityPrefixes.some((prefix) => plain.startsWith(prefix)),
  };
}

// Clients choose names, so the memory for them is bounded; the common ones are met first and stay.
const known = new Map<string, FieldName>();
const knownLimit = 4096;
const knownLength = 64;

/** @param raw a field name as it arrived, in any case */
export function fieldName(raw: string): FieldName {
  const found = known.get(raw);
  if (found !== undefined) return found;
  const made = describe(raw);
  if (known.size < knownLimit && raw.length <= knownLength) known.set(raw, made);
  return made;
}
