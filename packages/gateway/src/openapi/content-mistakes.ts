import { escapePointer } from '../http/json-pointer.ts';
import { isJsonObject, type JsonObject, objectOrEmpty } from './json-value.ts';
import { mediaTypeKey, partTypes, styles } from './media-types.ts';
import { responseType, statusKey } from './responses.ts';
import type { ReportBelow } from './schema-mistakes.ts';
import type { Kind } from './structure.ts';

/** What is wrong with the media types and status codes that an object names. */
export function contentMistakes(kind: Kind, value: JsonObject, report: ReportBelow): void {
  if (kind === 'operation') {
    statusCodes(value.responses, report);
    consumedTypes(value, report);
  } else if (kind === 'encoding') {
    typesOfParts(value, report);
    styleOfField(value, report);
  } else contentOf(kind, value.content, report);
}

function contentOf(kind: Kind, content: unknown, report: ReportBelow): void {
  if (!isJsonObject(content)) return;
  const keys = Object.keys(content);
  const readKey = kind === 'response' ? responseType : mediaTypeKey;
  const isOne = kind === 'parameter' || kind === 'header';
  for (const key of keys) {
    if (readKey(key) === undefined)
      report(`/content/${escapePointer(key)}`, isOne ? 'not-checked' : 'ignored', noMediaType(key));
  }
  if (isOne && keys.length > 1) report('/content', 'first-counts', 'There is more than one media type.');
}

function statusCodes(responses: unknown, report: ReportBelow): void {
  if (!isJsonObject(responses)) return;
  for (const key of Object.keys(responses)) {
    if (key.startsWith('x-') || statusKey(key) !== undefined) continue;
    const message = `"${key}" is no status code (404), range (4XX) or "default".`;
    report(`/responses/${escapePointer(key)}`, 'ignored', message);
  }
}

/** Swagger 2.0 has the media types of all bodies in the operation, or the document. */
export function consumedTypes({ consumes }: JsonObject, report: ReportBelow): void {
  if (!Array.isArray(consumes)) return;
  for (const [index, type] of consumes.entries()) {
    if (typeof type !== 'string' || mediaTypeKey(type) === undefined)
      report(`/consumes/${index}`, 'ignored', noMediaType(String(type)));
  }
}

function typesOfParts({ contentType }: JsonObject, report: ReportBelow): void {
  for (const type of partTypes(contentType)) {
    if (mediaTypeKey(type) === undefined) report('/contentType', 'as-written', noMediaType(type));
  }
}

function styleOfField({ style }: JsonObject, report: ReportBelow): void {
  if (style === undefined || styles.includes(style)) return;
  report('/style', 'keyword-ignored', `"${String(style)}" is no style of fields (${styles.join(', ')}).`);
}

/** What is wrong with the servers of a definition, of whose URLs the paths count. */
export function serverMistakes(servers: unknown, report: ReportBelow): void {
  if (!Array.isArray(servers)) return;
  for (const [index, server] of (servers as unknown[]).entries()) {
    const { url, variables } = objectOrEmpty(server);
    if (typeof url !== 'string') {
      report(`/${index}`, 'ignored', 'A server needs a "url".');
      continue;
    }
    for (const [written, name = ''] of url.matchAll(/\{([^{}]*)\}/g)) {
      if (Object.hasOwn(objectOrEmpty(variables), name)) continue;
      report(`/${index}/url`, 'as-written', `There is no variable for "${written}".`);
    }
  }
}

function noMediaType(written: string): string {
  return `"${written}" is not a media type.`;
}
