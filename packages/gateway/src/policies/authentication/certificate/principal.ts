import { hash } from 'node:crypto';
import type { Principal } from '../../../exchange.ts';
import type { Granted } from './rules.ts';
import type { Certificate } from './x509/certificate.ts';

/** SHA-256 of a certificate, base64url, as tokens name it (RFC 8705 section 3.1). */
export function thumbprintOf(raw: Buffer): string {
  return hash('sha256', raw, 'base64url');
}

/** Whom a certificate makes known. The claims are what conditions and bindings may ask for. */
export function principalOf({
  name,
  subject,
  leaf,
  thumbprint,
  granted,
}: {
  readonly name: string;
  readonly subject: string;
  readonly leaf: Certificate;
  readonly thumbprint: string;
  readonly granted: Granted;
}): Principal {
  const { names } = leaf;
  return {
    authenticator: name,
    kind: 'certificate',
    subject,
    client: undefined,
    scopes: granted.scopes,
    roles: granted.roles,
    claims: {
      sub: subject,
      subject: leaf.subject.text,
      issuer: leaf.issuer.text,
      serial: leaf.serial,
      cn: leaf.subject.values('cn'),
      o: leaf.subject.values('o'),
      ou: leaf.subject.values('ou'),
      san: { dns: names.dns, uri: names.uri, email: names.email },
      cnf: { 'x5t#S256': thumbprint },
    },
  };
}
