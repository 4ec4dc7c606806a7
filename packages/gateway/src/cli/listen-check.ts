import { X509Certificate } from 'node:crypto';
import type { Loaded } from '../config/load.ts';
import type { Configuration } from '../config/schema.ts';
import { shownCertificates } from '../config/shown-certificates.ts';
import { readCertificate } from './certificates.ts';
import type { Misfit } from './faults.ts';

/** What `listen` says that cannot work, whatever the machine; whether a port is free shows only at the start. */
export function listenMisfits(configuration: Configuration): Misfit[] {
  const { listen } = configuration;
  const misfits: Misfit[] = [];
  const { http, https, internal = {} } = listen;
  if (http === undefined && https === undefined && Object.keys(internal).length === 0) {
    misfits.push({
      place: ['listen'],
      message: 'none of http, https and internal is there, so that nothing would be served',
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
  for (const [name, { certificates, plaintext }] of Object.entries(internal)) {
    if (certificates !== undefined || plaintext === true || https !== undefined) continue;
    misfits.push({
      place: ['listen', 'internal', name],
      message:
        'there is no certificate to show, neither here nor in listen.https; add certificates, or plaintext: true to do without TLS',
    });
  }
  return [...misfits, ...unknownListeners(configuration), ...sharedPorts(listen)];
}

/** A name that is spelled wrong would hide the API from everybody. */
function unknownListeners({ apis, listen: { internal = {} } }: Configuration): Misfit[] {
  const known = Object.keys(internal);
  return Object.entries(apis).flatMap(([api, { listeners = [] }]) =>
    listeners.flatMap((name, index) =>
      known.includes(name)
        ? []
        : {
            place: ['apis', api, 'listeners', index],
            message: `there is no listener "${name}"; listen.internal has: ${known.join(', ') || 'none'}`,
          },
    ),
  );
}

interface Door {
  /** In `listen`. */
  readonly place: readonly string[];
  readonly host: string | undefined;
  readonly port: number;
}

function sharedPorts({ http, https, internal = {}, admin }: Configuration['listen']): Misfit[] {
  const doors: Door[] = [];
  if (http !== undefined) doors.push({ place: ['http'], host: http.host, port: http.port });
  if (https !== undefined) doors.push({ place: ['https'], host: https.host, port: https.port });
  for (const [name, { host = localHost, port }] of Object.entries(internal))
    doors.push({ place: ['internal', name], host, port });
  if (admin !== undefined) doors.push({ place: ['admin'], host: admin.host ?? localHost, port: admin.port });
  const misfits: Misfit[] = [];
  for (const [index, door] of doors.entries()) {
    const earlier = doors
      .slice(0, index)
      .find((each) => each.port === door.port && overlap(each.host, door.host));
    if (earlier === undefined || door.port === 0) continue;
    misfits.push({
      place: ['listen', ...door.place, 'port'],
      message: `listen.${earlier.place.join('.')} has the port ${door.port} already`,
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

/** Whether clients are asked for a certificate anywhere. */
export function asksForCertificates({ https, internal = {} }: Configuration['listen']): boolean {
  return [https, ...Object.values(internal)].some((each) => each?.clientCertificates !== undefined);
}

/** Where internal and admin listeners are, if nothing is said. */
export const localHost = '127.0.0.1';

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
  for (const { place, ...files } of shownCertificates(bundle.configuration.listen)) {
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
