import { X509Certificate } from 'node:crypto';
import type { Loaded } from '../config/load.ts';
import type { Configuration } from '../config/schema.ts';
import { readCertificate } from './certificates.ts';
import type { Misfit } from './faults.ts';

/** What `listen` says that cannot work, whatever the machine; whether a port is free shows only at the start. */
export function listenMisfits({ listen }: Configuration): Misfit[] {
  const misfits: Misfit[] = [];
  const { http, https } = listen;
  if (http === undefined && https === undefined) {
    misfits.push({
      place: ['listen'],
      message: 'neither http nor https is there, so that nothing would be served',
    });
  }
  if (
    http !== undefined &&
    https === undefined &&
    http.plaintext !== true &&
    listen.redirectPort === undefined
  ) {
    misfits.push({
      place: ['listen', 'http'],
      message:
        'there is no https to redirect to; add listen.https, or plaintext: true to serve APIs without TLS',
    });
  }
  return [...misfits, ...sharedPorts(listen)];
}

interface Door {
  readonly name: string;
  readonly host: string | undefined;
  readonly port: number;
}

function sharedPorts({ http, https, admin }: Configuration['listen']): Misfit[] {
  const doors: Door[] = [];
  if (http !== undefined) doors.push({ name: 'http', host: http.host, port: http.port });
  if (https !== undefined) doors.push({ name: 'https', host: https.host, port: https.port });
  if (admin !== undefined) doors.push({ name: 'admin', host: admin.host ?? '127.0.0.1', port: admin.port });
  const misfits: Misfit[] = [];
  for (const [index, door] of doors.entries()) {
    const earlier = doors
      .slice(0, index)
      .find((each) => each.port === door.port && overlap(each.host, door.host));
    if (earlier === undefined || door.port === 0) continue;
    misfits.push({
      place: ['listen', door.name, 'port'],
      message: `listen.${earlier.name} has the port ${door.port} already`,
    });
  }
  return misfits;
}

function overlap(one: string | undefined, other: string | undefined): boolean {
  return one === other || isAny(one) || isAny(other);
}

function isAny(host: string | undefined): boolean {
  return host === undefined || host === '::' || host === '0.0.0.0';
}

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.[0-9.]+$/.test(host);
}

const day = 86_400_000;
const soon = 30 * day;

/**
 * Reads the certificates of the configuration. One that the gateway makes itself is renewed by itself.
 * @param now milliseconds since the epoch
 */
export function checkCertificates(
  { bundle }: Loaded,
  now: number,
): { misfits: readonly Misfit[]; warnings: readonly Misfit[] } {
  const misfits: Misfit[] = [];
  const warnings: Misfit[] = [];
  for (const [index, files] of (bundle.configuration.listen.https?.certificates ?? []).entries()) {
    const place = ['listen', 'https', 'certificates', index];
    try {
      const message = validity(new X509Certificate(readCertificate(bundle.folder, files).cert), now);
      if (message !== undefined) warnings.push({ place, message: `${files.cert} ${message}` });
    } catch (error) {
      misfits.push({ place, message: (error as Error).message });
    }
  }
  return { misfits, warnings };
}

/** What is wrong with the time of a certificate, to follow its name. */
export function validity(
  { validFrom, validTo }: Pick<X509Certificate, 'validFrom' | 'validTo'>,
  now: number,
): string | undefined {
  return expiryOf({ from: Date.parse(validFrom), to: Date.parse(validTo) }, now, 'clients refuse it');
}

/**
 * The same for any certificate.
 * @param outcome what follows for one that is not valid
 */
export function expiryOf(
  { from, to }: { readonly from: number; readonly to: number },
  now: number,
  outcome: string,
): string | undefined {
  if (to <= now) return `has expired on ${dateOf(to)}: ${outcome}`;
  if (from > now) return `is valid from ${dateOf(from)} on: ${outcome} until then`;
  if (to - now >= soon) return undefined;
  const days = Math.floor((to - now) / day);
  return `expires on ${dateOf(to)}, in ${days} ${days === 1 ? 'day' : 'days'}: renew it`;
}

export function dateOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
