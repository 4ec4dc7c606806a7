import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { parseAuthority } from '../http/authority.ts';

/** What one certificate is valid for. */
interface Names {
  /** Names, and addresses as a Host field has them, in the spelling of parseAuthority. */
  readonly hosts: ReadonlySet<string>;
  /** What follows the `*.`. */
  readonly wildcards: ReadonlySet<string>;
}

/**
 * The names in the certificates of a listener, read once, so that each question about them is a look-up or two.
 * Certificates are known by their place in the list.
 */
export class CertificateNames {
  readonly #certificates: readonly Names[];
  /** The first certificate that has a name is the one that is shown for it. */
  readonly #hosts = new Map<string, number>();
  readonly #wildcards = new Map<string, number>();

  /** @param pems each with its certificate first; what follows is its chain */
  constructor(pems: readonly string[]) {
    this.#certificates = pems.map(namesOf);
    for (const [index, { hosts, wildcards }] of this.#certificates.entries()) {
      for (const host of hosts) if (!this.#hosts.has(host)) this.#hosts.set(host, index);
      for (const base of wildcards) if (!this.#wildcards.has(base)) this.#wildcards.set(base, index);
    }
  }

  /**
   * The certificate that a client gets to see.
   * @param serverName as it asked (RFC 6066 section 3); who asks for none that we have, or for nothing, gets the first
   */
  shownTo(serverName: string | undefined): number {
    return serverName === undefined ? 0 : (this.#of(plainName(serverName)) ?? 0);
  }

  /**
   * Whether a certificate is valid for a host (RFC 9525 section 6.3).
   * @param host in the spelling of parseAuthority
   */
  isValid(certificate: number, host: string): boolean {
    const names = this.#certificates[certificate];
    if (names === undefined) return false;
    const base = baseOf(host);
    return names.hosts.has(host) || (base !== undefined && names.wildcards.has(base));
  }

  /** Whether a client that asks for the host gets a certificate that is valid for it. Nobody can ask for an address. */
  canBeShownFor(host: string): boolean {
    return !isAddress(host) && this.#of(host) !== undefined;
  }

  #of(host: string): number | undefined {
    const exact = this.#hosts.get(host);
    if (exact !== undefined) return exact;
    const base = baseOf(host);
    return base === undefined ? undefined : this.#wildcards.get(base);
  }
}

/** A server name as hosts are spelled: a dot at its end is not allowed there, but sent. */
export function plainName(serverName: string): string {
  return serverName.toLowerCase().replace(/\.$/, '');
}

/** What follows the first label, which is all that a wildcard stands for; undefined where there is only one. */
function baseOf(host: string): string | undefined {
  const dot = host.indexOf('.');
  return dot > 0 ? host.slice(dot + 1) : undefined;
}

function isAddress(host: string): boolean {
  return host.startsWith('[') || isIP(host) !== 0;
}

/** The names of the subject itself count for nothing (RFC 9525 section 2). */
function namesOf(pem: string): Names {
  const hosts = new Set<string>();
  const wildcards = new Set<string>();
  const { subjectAltName = '' } = new X509Certificate(pem);
  for (const [, kind, value = ''] of subjectAltName.matchAll(entries)) {
    if (kind === 'IP Address') {
      const host = parseAuthority(value.includes(':') ? `[${value}]` : value)?.host;
      if (host !== undefined) hosts.add(host);
    } else if (kind === 'DNS') {
      const isWildcard = value.startsWith('*.');
      // With a label in the place of the star, which must make it a name: a wildcard is none of `*.0.0.1`.
      const name = parseAuthority(isWildcard ? `a${value.slice(1)}` : value);
      if (name === undefined || name.port !== undefined || isAddress(name.host)) continue;
      if (isWildcard) wildcards.add(name.host.slice(2));
      else hosts.add(name.host);
    }
  }
  return { hosts, wildcards };
}

/** `DNS:a.example, IP Address:127.0.0.1, …`; Node puts a value in quotes that could be taken for several. */
const entries = /(?<=^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g;
