import type { Intermediates } from '../../../certificates/intermediates.ts';
import type { Environment } from '../../../environment.ts';
import type { ClientCertificate, Head, Principal } from '../../../exchange.ts';
import { withoutZone } from '../../../http/address.ts';
import { type AddressSet, compileAddressSet } from '../../../http/address-set.ts';
import { type Authenticator, type Rejected, rejected, unavailable } from '../authenticator.ts';
import { CredentialCache } from '../cache.ts';
import { certificateChallenge } from '../challenges.ts';
import { Credential } from '../credential.ts';
import { BroughtAuthorities } from './brought-authorities.ts';
import { readCertificateFiles, trustOf } from './bundle.ts';
import { handedOnText, mostSent, readHandedOn } from './handed-on.ts';
import { principalOf, thumbprintOf } from './principal.ts';
import { CertificateRules, identityOf } from './rules.ts';
import type { CertificateConfig } from './schema.ts';
import { Certificate } from './x509/certificate.ts';
import { type Trust, validate } from './x509/path.ts';

/** What was found out is believed for so long at most. Milliseconds. */
const longestTrust = 300_000;
/** A refusal for so long: what was missing, or the clock, may be right soon. */
const longestRefusal = 10_000;

interface Known {
  readonly outcome: Principal | Rejected;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly until: number;
}

interface Parts {
  readonly name: string;
  readonly trust: Trust;
  readonly rules: CertificateRules;
  readonly identity: NonNullable<CertificateConfig['identity']>;
  readonly intermediates: Intermediates;
  readonly now: () => number;
}

/** @throws AggregateError of PlacedFault when its files cannot be used */
export function certificateAuthenticator(
  name: string,
  config: CertificateConfig,
  environment: Environment,
): Authenticator {
  const { folder, intermediates, now, trustedProxies } = environment;
  const judge = new CertificateJudge({
    name,
    trust: trustOf(readCertificateFiles(name, config, folder), config),
    rules: new CertificateRules(config),
    identity: config.identity ?? 'subject',
    intermediates,
    now,
  });
  return config.from === 'proxy'
    ? new HandedOnAuthenticator(name, judge, compileAddressSet(trustedProxies))
    : new ConnectionAuthenticator(name, judge);
}

/** A certificate of the connection. */
class ConnectionCredential extends Credential {
  readonly certificate: ClientCertificate;

  constructor(certificate: ClientCertificate) {
    super(certificate.thumbprint);
    this.certificate = certificate;
  }

  /** It is a hash already. */
  override get key(): string {
    return this.text;
  }
}

class ConnectionAuthenticator implements Authenticator {
  readonly kind = 'certificate';
  readonly place = 'connection';
  readonly ambient = true;
  readonly challenges = [certificateChallenge];
  readonly name: string;
  readonly #judge: CertificateJudge;
  /**
   * Refusals are kept with the connection: the next one may bring the authorities between that were lacking on this one,
   * where a session was resumed.
   */
  readonly #refused = new WeakMap<ClientCertificate, Known>();

  constructor(name: string, judge: CertificateJudge) {
    this.name = name;
    this.#judge = judge;
  }

  credential({ clientCertificate }: Head): Credential | undefined {
    return clientCertificate === undefined ? undefined : new ConnectionCredential(clientCertificate);
  }

  recall({ key }: Credential): Principal | undefined {
    return this.#judge.recall(key);
  }

  verify(credential: Credential): Principal | Rejected {
    const known = this.#judge.recall(credential.key);
    if (known !== undefined) return known;
    const { certificate } = credential as ConnectionCredential;
    const refused = this.#refused.get(certificate);
    if (refused !== undefined && this.#judge.isCurrent(refused)) return refused.outcome;
    const sent = certificate.chain ?? [];
    const found = this.#judge.judge(certificate.raw, certificate.thumbprint, sent, credential.key);
    if (found.outcome.kind === 'rejected') this.#refused.set(certificate, found);
    return found.outcome;
  }
}

/** What a trusted proxy hands on (RFC 9440). */
class HandedOnAuthenticator implements Authenticator {
  readonly kind = 'certificate';
  readonly place = 'client-cert';
  readonly ambient = true;
  readonly isHandedOn = true;
  readonly challenges = [certificateChallenge];
  readonly name: string;
  readonly #judge: CertificateJudge;
  readonly #proxies: AddressSet;
  readonly #refused = new CredentialCache<Known>(1_000);

  constructor(name: string, judge: CertificateJudge, proxies: AddressSet) {
    this.name = name;
    this.#judge = judge;
    this.#proxies = proxies;
  }

  /** From anybody else the fields say nothing, as anybody can send them. */
  credential({ fields, peerAddress }: Head): Credential | undefined {
    const found = handedOnText(fields);
    if (found === undefined || !this.#proxies.has(withoutZone(peerAddress))) return undefined;
    return new Credential(
      found.chain === undefined ? found.certificate : `${found.certificate}\n${found.chain}`,
    );
  }

  recall({ key }: Credential): Principal | undefined {
    return this.#judge.recall(key);
  }

  verify({ key, text }: Credential): Principal | Rejected {
    const known = this.#judge.recall(key);
    if (known !== undefined) return known;
    const refused = this.#refused.get(key);
    if (refused !== undefined && this.#judge.isCurrent(refused)) return refused.outcome;
    const [certificate = '', chain] = text.split('\n');
    const read = readHandedOn(certificate, chain);
    if (read === undefined) return rejected('certificate-malformed');
    const found = this.#judge.judge(read.raw, thumbprintOf(read.raw), read.chain, key);
    if (found.outcome.kind === 'rejected') this.#refused.set(key, found);
    return found.outcome;
  }
}

/** Finds out whose a certificate is, and remembers it. */
class CertificateJudge {
  readonly #parts: Parts;
  readonly #known = new CredentialCache<Known>();
  readonly #brought: BroughtAuthorities;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#brought = new BroughtAuthorities(parts.intermediates);
  }

  recall(key: string): Principal | undefined {
    const known = this.#known.get(key);
    if (known === undefined) return undefined;
    if (this.isCurrent(known)) return known.outcome as Principal;
    this.#known.delete(key);
    return undefined;
  }

  /** A clock that was set back must not keep alive what was revoked meanwhile. */
  isCurrent({ since, until }: Known): boolean {
    const now = this.#parts.now();
    return now >= since && now < until;
  }

  /** @param key by which a principal is remembered */
  judge(raw: Buffer, thumbprint: string, sent: readonly Buffer[], key: string): Known {
    const since = this.#parts.now();
    const found = this.#judge(raw, thumbprint, sent, since);
    if (!('principal' in found)) return { outcome: found, since, until: since + longestRefusal };
    const known = { outcome: found.principal, since, until: Math.min(found.until, since + longestTrust) };
    this.#known.set(key, known, raw.length);
    return known;
  }

  #judge(
    raw: Buffer,
    thumbprint: string,
    sent: readonly Buffer[],
    now: number,
  ): Rejected | { readonly principal: Principal; readonly until: number } {
    const { name, trust, rules, identity } = this.#parts;
    if (sent.length > mostSent) return rejected('certificate-chain-too-long');
    let leaf: Certificate;
    let chain: Certificate[];
    try {
      leaf = new Certificate(raw);
      chain = sent.map((each) => new Certificate(each));
    } catch {
      return rejected('certificate-malformed');
    }
    const path = validate(leaf, [...chain, ...this.#brought.above(leaf)], trust, now);
    if ('fault' in path) {
      const reason = `certificate-${path.fault}`;
      return path.unverifiable === true ? unavailable(reason) : rejected(reason);
    }
    this.#brought.remember(path.path, chain);
    const issuer = path.path[1];
    const isOurs =
      issuer !== undefined && (trust.anchors.includes(issuer) || trust.intermediates.includes(issuer));
    const granted = rules.grant(leaf, isOurs ? issuer : undefined);
    if (granted === undefined) return rejected('certificate-not-allowed');
    const subject = identityOf(leaf, thumbprint, identity);
    if (subject === undefined) return rejected('certificate-name');
    return { principal: principalOf({ name, subject, leaf, thumbprint, granted }), until: path.until };
  }
}
