import type { CertificateConfig, CertificateRule } from './schema.ts';
import type { Certificate } from './x509/certificate.ts';
import { spelledOut } from './x509/distinguished-name.ts';

/** What the rules give to whoever meets one. */
export interface Granted {
  readonly roles: ReadonlySet<string>;
  readonly scopes: ReadonlySet<string>;
}

/** @param issuer the authority that issued it, if that is one of the bundle */
type Test = (certificate: Certificate, issuer: Certificate | undefined) => boolean;

interface Compiled {
  readonly tests: readonly Test[];
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
}

/** Which certificates are welcome, and what with. */
export class CertificateRules {
  readonly #rules: readonly Compiled[] | undefined;
  readonly #rolesFrom: CertificateConfig['rolesFrom'];

  constructor({ allow, rolesFrom }: Pick<CertificateConfig, 'allow' | 'rolesFrom'>) {
    this.#rules = allow?.map((rule) => ({
      tests: testsOf(rule),
      roles: rule.roles ?? [],
      scopes: rule.scopes ?? [],
    }));
    this.#rolesFrom = rolesFrom;
  }

  /**
   * @param issuer the authority that issued it, if that is one of the bundle
   * @returns undefined for a certificate that meets no rule
   */
  grant(certificate: Certificate, issuer: Certificate | undefined): Granted | undefined {
    const met = this.#rules?.filter(({ tests }) => tests.every((test) => test(certificate, issuer)));
    if (met?.length === 0) return undefined;
    const own = this.#rolesFrom === undefined ? [] : certificate.subject.values(this.#rolesFrom);
    return {
      roles: new Set([...(met ?? []).flatMap(({ roles }) => roles), ...own]),
      scopes: new Set((met ?? []).flatMap(({ scopes }) => scopes)),
    };
  }
}

function testsOf({ dns, uri, email, subject, cn, ou, issuer }: CertificateRule): Test[] {
  const tests: Test[] = [];
  if (dns !== undefined) {
    const matches = dnsMatcher(dns);
    tests.push(({ names }) => names.dns.some(matches));
  }
  if (uri !== undefined) {
    const matches = uriMatcher(uri);
    tests.push(({ names }) => names.uri.some(matches));
  }
  if (email !== undefined) {
    const matches = emailMatcher(email);
    tests.push(({ names }) => names.email.some(matches));
  }
  if (subject !== undefined) {
    const wanted = spelledOut(subject);
    tests.push((certificate) => certificate.subject.text === wanted);
  }
  if (issuer !== undefined) {
    const wanted = spelledOut(issuer);
    // An authority could give another one below it any name, that of somebody else too: the bundle says whose it is.
    tests.push((_, issued) => issued?.subject.text === wanted);
  }
  if (cn !== undefined) {
    tests.push((certificate) => {
      const values = certificate.subject.values('cn');
      // Of several each reader takes another one.
      return values.length === 1 && values[0] === cn;
    });
  }
  if (ou !== undefined) tests.push((certificate) => certificate.subject.values('ou').includes(ou));
  return tests;
}

/** A name with a wildcard of its own is none that somebody has, and meets nothing. */
function dnsMatcher(pattern: string): (name: string) => boolean {
  const wanted = pattern.toLowerCase();
  if (!wanted.startsWith('*.')) return (name) => name === wanted;
  const rest = wanted.slice(1);
  return (name) => {
    const dot = name.indexOf('.');
    return dot > 0 && name[0] !== '*' && name.slice(dot) === rest;
  };
}

/** Segments that say nothing about another place: no dots alone, nothing encoded, no query. */
const plainPath =
  /^(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~!$&'()*+,;=:@-]+(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~!$&'()*+,;=:@-]+)*$/;

function uriMatcher(pattern: string): (name: string) => boolean {
  if (!pattern.endsWith('/*')) return (name) => name === pattern;
  const start = pattern.slice(0, -1);
  return (name) => name.startsWith(start) && plainPath.test(name.slice(start.length));
}

function emailMatcher(pattern: string): (name: string) => boolean {
  const at = pattern.lastIndexOf('@');
  const wanted = pattern.slice(0, at) + pattern.slice(at).toLowerCase();
  if (!wanted.startsWith('*@')) return (name) => name === wanted;
  return (name) => name.slice(name.lastIndexOf('@')) === wanted.slice(1);
}

/**
 * What a caller is known by.
 * @returns undefined where there is none, or where there are several, of which nobody can say which one counts
 */
export function identityOf(
  { subject, names }: Certificate,
  thumbprint: string,
  identity: NonNullable<CertificateConfig['identity']>,
): string | undefined {
  switch (identity) {
    case 'subject':
      return subject.isEmpty ? undefined : subject.text;
    case 'thumbprint':
      return thumbprint;
    case 'cn':
      return only(subject.values('cn'));
    case 'dns':
      return only(names.dns.filter((name) => !name.startsWith('*')));
    default:
      return only(names[identity]);
  }
}

function only(values: readonly string[]): string | undefined {
  return values.length === 1 && values[0] !== '' ? values[0] : undefined;
}
