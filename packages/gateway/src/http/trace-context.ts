import { randomHex } from './random.ts';

/** The fields of a traceparent (W3C Trace Context, Level 2, 3.2). */
export interface Traceparent {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** The span that sent it: 16 lower-case hexadecimal digits, not all zero. */
  readonly parentId: string;
  /** Bit 0 sampled, bit 1 random trace id; the others are always 0 here. */
  readonly flags: number;
}

const sampledFlag = 0x01;
const randomFlag = 0x02;

const shape = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;
const version00Length = 55;
// No version defines a length; a later one only ever appends, and nobody needs to append much.
const maxLength = 256;

/**
 * Parses a traceparent field value. Version 00 must be exactly that; of later versions the part that they share
 * with 00 is taken ("Versioning of traceparent"). Undefined for version ff, all-zero identifiers, upper
 * case and everything else, upon which a new trace is started.
 */
export function parseTraceparent(value: string): Traceparent | undefined {
  if (value.length > maxLength) return undefined;
  const parts = shape.exec(value);
  if (parts === null) return undefined;
  const [, version, traceId = '', parentId = '', flags = ''] = parts;
  if (version === 'ff' || (version === '00' && value.length !== version00Length)) return undefined;
  if (traceId === '00000000000000000000000000000000' || parentId === '0000000000000000') return undefined;
  return { traceId, parentId, flags: Number.parseInt(flags, 16) & (sampledFlag | randomFlag) };
}

/** The root of a new trace. */
export function newTraceparent(sampled = true): Traceparent {
  // All zero, which is invalid, comes up once in 2^64; it costs that trace its continuation and no check here.
  return { traceId: randomHex(32), parentId: randomHex(16), flags: randomFlag | (sampled ? sampledFlag : 0) };
}

/** The next span of the same trace, with the same flags. */
export function childTraceparent(parent: Traceparent): Traceparent {
  return { traceId: parent.traceId, parentId: randomHex(16), flags: parent.flags };
}

/** The field value, version 00, which is what we write whatever version came. */
export function formatTraceparent({ traceId, parentId, flags }: Traceparent): string {
  return `00-${traceId}-${parentId}-0${flags}`;
}

/** Whether the caller may have recorded the trace. */
export function isSampled(traceparent: Traceparent): boolean {
  return (traceparent.flags & sampledFlag) !== 0;
}
