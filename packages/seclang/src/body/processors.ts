import type { BodyProcessor } from '../parse/control.ts';
import { type BodyContent, emptyContent } from './content.ts';
import { readJson } from './json.ts';
import { type BodyLimits, usualLimits } from './limits.ts';
import { readMultipart } from './multipart.ts';
import { readSniffed } from './sniffed.ts';
import { parseUrlencoded } from './urlencoded.ts';
import { readXml } from './xml.ts';

/** What a processor needs beside the body. */
export interface BodyContext {
  /** The value of the field Content-Type; empty without one. */
  readonly contentType: string;
  /** How many arguments are read at most. */
  readonly argumentsLimit: number;
  readonly argumentSeparator: string;
  readonly jsonDepthLimit: number;
  readonly uploadFileLimit: number;
}

/** It never throws for what a client sends: what it cannot read is a fault in the content. */
export type BodyParser = (body: string, context: BodyContext) => BodyContent;

export type BodyParsers = Readonly<Partial<Record<BodyProcessor, BodyParser>>>;

export const urlencoded: BodyParser = (body, { argumentSeparator, argumentsLimit }) => {
  const { arguments: found, isCut } = parseUrlencoded(body, argumentSeparator, argumentsLimit);
  return { ...emptyContent, arguments: found, fault: isCut ? 'too many arguments' : undefined };
};

/** A reader with limits of its own, those of the settings in their place. */
function within(read: (body: string, contentType: string, limits: BodyLimits) => BodyContent): BodyParser {
  return (body, { contentType, argumentsLimit, jsonDepthLimit, uploadFileLimit }) =>
    read(body, contentType, {
      ...usualLimits,
      arguments: Math.min(argumentsLimit, usualLimits.arguments),
      depth: Math.min(jsonDepthLimit, usualLimits.depth),
      files: Math.min(uploadFileLimit, usualLimits.files),
    });
}

export const bodyParsers: Readonly<Record<BodyProcessor, BodyParser>> = {
  URLENCODED: urlencoded,
  MULTIPART: within(readMultipart),
  JSON: within(readJson),
  XML: within(readXml),
  SNIFFED: within(readSniffed),
};

/** As ModSecurity does by itself; JSON and XML are for a rule to choose (`ctl:requestBodyProcessor`). */
export function processorOf(contentType: string): BodyProcessor | undefined {
  const mediaType = /^[^;,\s]*/.exec(contentType)![0].toLowerCase();
  if (mediaType === 'application/x-www-form-urlencoded') return 'URLENCODED';
  return mediaType === 'multipart/form-data' ? 'MULTIPART' : undefined;
}
