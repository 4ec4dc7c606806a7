import type { Configuration } from './schema.ts';

/** The files of a certificate that a listener shows. */
export interface ShownCertificate {
  /** `https`, or the name of an internal listener. */
  readonly listener: string;
  readonly place: readonly (string | number)[];
  readonly cert: string;
  readonly key: string;
}

/** All certificates that `listen` names, in its order. */
export function shownCertificates({ https, internal = {} }: Configuration['listen']): ShownCertificate[] {
  const listeners = [
    { listener: 'https', place: ['listen', 'https'], certificates: https?.certificates },
    ...Object.entries(internal).map(([listener, { certificates }]) => ({
      listener,
      place: ['listen', 'internal', listener],
      certificates,
    })),
  ];
  return listeners.flatMap(({ listener, place, certificates = [] }) =>
    certificates.map((files, index) => ({ listener, place: [...place, 'certificates', index], ...files })),
  );
}
