import type { Bundle } from '../compile.ts';
import type { Path } from '../config/fault-text.ts';
import {
  type FromFile,
  readCertificateFiles,
  trustOf,
} from '../policies/authentication/certificate/bundle.ts';
import type { CertificateConfig } from '../policies/authentication/certificate/schema.ts';
import type { Certificate } from '../policies/authentication/certificate/x509/certificate.ts';
import type { RevocationList } from '../policies/authentication/certificate/x509/revocation-list.ts';
import type { Misfit } from './faults.ts';
import { asksForCertificates, dateOf, expiryOf } from './listen-check.ts';

/**
 * What an operator should know of the ways in which client certificates are judged.
 * @param at where the authenticator is written
 * @param now milliseconds since the epoch
 */
export function certificateWarnings(
  at: readonly string[],
  config: CertificateConfig,
  { configuration, folder }: Bundle,
  now: number,
): Misfit[] {
  const place = [...at, 'certificate'];
  const { listen, trustedProxies = [] } = configuration;
  const found: Misfit[] = [];
  if (config.from === 'proxy' && trustedProxies.length === 0) {
    found.push({
      place: [...place, 'from'],
      message: 'no proxy is believed: name those that send Client-Cert in trustedProxies',
    });
  }
  if (config.from !== 'proxy' && !asksForCertificates(listen)) {
    found.push({
      place,
      message:
        'nobody can satisfy it, as clients are not asked for a certificate: write listen.https.clientCertificates: request',
    });
  }
  return [...found, ...fileWarnings(place, config, readCertificateFiles(at.at(-1)!, config, folder), now)];
}

type Files = ReturnType<typeof readCertificateFiles>;

function fileWarnings(place: Path, config: CertificateConfig, files: Files, now: number): Misfit[] {
  const { authorities, lists } = files;
  const all = authorities.map(({ value }) => value);
  const { intermediates, anchors } = trustOf(files, config);
  return [
    ...authorities.flatMap((each) => told(place, each, authorityFault(each, now))),
    ...lists.flatMap((each) => told(place, each, listFault(each, all, now))),
    ...(config.crl === undefined ? [] : withoutList([...anchors, ...intermediates], files)).map(
      (message) => ({
        place: [...place, 'crl'],
        message,
      }),
    ),
  ];
}

function told(place: Path, { place: within }: FromFile<unknown>, message: string | undefined): Misfit[] {
  return message === undefined ? [] : [{ place: [...place, ...within], message }];
}

function authorityFault({ value, file }: FromFile<Certificate>, now: number): string | undefined {
  const name = `${value.subject.text} in ${file}`;
  const { notBefore, notAfter, unknownCritical } = value;
  if (unknownCritical !== undefined)
    return `${name} has a critical extension that is not understood, ${unknownCritical}: nobody passes by it`;
  const expiry = expiryOf({ from: notBefore, to: notAfter }, now, 'nobody passes by it');
  return expiry === undefined ? undefined : `${name} ${expiry}`;
}

function listFault(
  { value, file }: FromFile<RevocationList>,
  authorities: readonly Certificate[],
  now: number,
): string | undefined {
  if (!authorities.some((each) => value.isOf(each))) {
    const named = authorities.some((each) => value.issuer.isSame(each.subject));
    return named
      ? `${file} is not signed by ${value.issuer.text} of the bundle, so that it counts for nothing`
      : `${file} is of ${value.issuer.text}, which is not in the bundle`;
  }
  if (value.nextUpdate <= now)
    return `${file} has expired on ${dateOf(value.nextUpdate)}: until there is a new one, requests with a certificate get 503`;
  return value.thisUpdate > now ? `${file} is valid from ${dateOf(value.thisUpdate)} on` : undefined;
}

function withoutList(authorities: readonly Certificate[], { lists }: Files): string[] {
  return authorities
    .filter((each) => !lists.some(({ value }) => value.isOf(each)))
    .map((each) => `none is of ${each.subject.text}: certificates that it issued get 503`);
}
