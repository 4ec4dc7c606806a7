import { isUtf8 } from 'node:buffer';
import type { JsonLimits } from './json-limits.ts';
import { type JsonScanFault, scanJson } from './json-scanner.ts';

/** The bytes are no JSON that the gateway takes. The message is fit for the caller and echoes no value. */
export class JsonFault extends Error {
  /** Which rule, and where. */
  readonly fault: JsonScanFault;

  constructor(fault: JsonScanFault) {
    super(`The body ${fault.message}.`);
    this.name = 'JsonFault';
    this.fault = fault;
  }
}

/**
 * Parses one JSON text, after scanJson has found that all readers understand it in one way.
 * @throws JsonFault
 */
export function parseJson(bytes: Buffer, limits?: JsonLimits): unknown {
  const fault = scanJson(bytes, limits);
  if (fault !== undefined) throw new JsonFault(fault);
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    // Should the two ever disagree, nothing passes. V8's own message quotes the text around, which may be a secret.
    throw new JsonFault({ rule: 'syntax', message: 'is not valid JSON', pointer: '', offset: 0 });
  }
}

/**
 * Why the bytes are no JSON at all. Names that are there twice and numbers of any size are let through: for those who look
 * through what a service wrote, and find every occurrence.
 */
export function jsonFault(bytes: Buffer): 'not UTF-8' | 'not valid JSON' | undefined {
  if (!isUtf8(bytes)) return 'not UTF-8';
  try {
    JSON.parse(bytes.toString());
    return undefined;
  } catch {
    return 'not valid JSON';
  }
}
