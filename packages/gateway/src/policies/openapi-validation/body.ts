import { type Body, type Head, type Refuse, type Report, type Rewritten, refuse } from '../../exchange.ts';
import { type Charset, charsetOf, toUtf8 } from '../../http/charset.ts';
import { type ContentCoding, codingOf, decode } from '../../http/content-coding.ts';
import { tokenOrQuoted } from '../../http/field-syntax.ts';
import { JsonFault } from '../../http/json.ts';
import type { MediaType } from '../../http/media-type.ts';
import type { ReadableBody } from '../../openapi/bodies.ts';
import type { Judgement } from '../../openapi/body-judge.ts';
import type { OperationDefinition } from '../../openapi/definition.ts';
import { jsonError } from '../../openapi/validation-error.ts';
import type { Validator } from '../../openapi/validator.ts';
import type { MaybePromise } from '../../policy.ts';
import { bodyRefusal, finding, refusal } from './refusal.ts';

export interface BodyRules {
  readonly validator: Validator;
  readonly codings: readonly ContentCoding[];
  /** Besides UTF-8. */
  readonly charsets: readonly Charset[];
}

export type BodyVerdict = Refuse | Rewritten | Report | undefined;

/**
 * Judges the body of a request. One that came compressed or in another charset goes on as it was judged: uncompressed,
 * in UTF-8, so that the service reads the same.
 */
export function checkBody(
  request: Head & Body,
  operation: OperationDefinition,
  rules: BodyRules,
): MaybePromise<BodyVerdict> {
  const { body, fields } = request;
  const length = request.hasBody ? body?.length : 0;
  if (length === 0) {
    return operation.requestBody?.required === true ? bodyRefusal('required', 'is required') : undefined;
  }
  const types = fields.getAll('content-type');
  // Two of them let the gateway and the service choose differently.
  const contentType = types.length > 1 ? types.join(', ') : types[0];
  const rule = rules.validator.bodyRule(operation, contentType);
  switch (rule.kind) {
    case 'none':
      return bodyRefusal('unexpected', 'must be absent: the operation takes no body');
    case 'unsupported':
      return unsupported(operation, rule.detail);
    case 'opaque':
      return undefined;
    case 'binary':
      return checkBinary(request, operation, rule, rules);
    default:
  }
  const detail = charsetFault(rule, rules.charsets);
  if (detail !== undefined) return unsupported(operation, detail);
  // A body that was not held in memory was not looked at, and must not pass for one that was.
  if (body === undefined) throw new Error('The body was not held although it has to be checked.');
  const coding = codingOf(fields.getAll('content-encoding'));
  if (coding === undefined) return inUtf8(request, operation, rule, rules, body, false);
  if (!isTaken(coding, rules.codings)) return codingRefusal(rules.codings);
  return decode(body, coding, request.heldSize).then((content) => {
    if (content === 'too-large') return refuse('body-too-large', { reason: 'inflated' });
    if (content === 'malformed') return bodyRefusal('syntax', `The body is not one whole ${coding} stream.`);
    return inUtf8(request, operation, rule, rules, content, true);
  });
}

function isTaken(coding: string, codings: readonly ContentCoding[]): coding is ContentCoding {
  return (codings as readonly string[]).includes(coding);
}

function codingRefusal(codings: readonly ContentCoding[]): Refuse {
  return refuse('content-coding-unsupported', {
    fields: ['accept-encoding', codings.length === 0 ? 'identity' : codings.join(', ')],
  });
}

function unsupported(operation: OperationDefinition, detail: string): Refuse {
  return refuse('media-type-unsupported', {
    detail,
    fields: ['accept', Object.keys(operation.requestBody!.content).join(', ')],
  });
}

/** Kinds that are text in one charset; the parts of a multipart and the escapes of a form have none of their own. */
const inCharset: ReadonlySet<string> = new Set(['json', 'lines', 'sequence', 'text', 'xml']);

/** Another charset could hide from the check what the service then reads. */
function charsetFault({ kind, mediaType }: ReadableBody, charsets: readonly Charset[]): string | undefined {
  const label = mediaType.parameters.get('charset');
  if (label === undefined) return undefined;
  const charset = charsetOf(label);
  if (charset === 'utf-8') return undefined;
  if (charset !== undefined && inCharset.has(kind) && charsets.includes(charset)) return undefined;
  return 'The body must be sent in UTF-8.';
}

function inUtf8(
  request: Head & Body,
  operation: OperationDefinition,
  rule: ReadableBody,
  { validator }: BodyRules,
  bytes: Buffer,
  decoded: boolean,
): MaybePromise<BodyVerdict> {
  const label = rule.mediaType.parameters.get('charset') ?? 'utf-8';
  const isText = inCharset.has(rule.kind);
  const text = isText ? toUtf8(bytes, label) : bytes;
  if (text === undefined)
    return bodyRefusal('charset', `The body is not valid ${charsetOf(label) ?? 'UTF-8'}.`);
  const isTranscoded = text !== bytes;
  const content = isTranscoded && rule.kind === 'xml' ? withoutEncoding(text, label) : text;
  const conclude = (judgement: Judgement): BodyVerdict => {
    if (judgement !== undefined && 'errors' in judgement) return refusal('body-invalid', judgement.errors);
    const body = judgement !== undefined && 'body' in judgement ? judgement.body : content;
    const report =
      judgement && finding('body-invalid', 'body' in judgement ? judgement.stripped : judgement.ignored);
    if (body === request.body) return report && { kind: 'report', ...report };
    return {
      kind: 'rewritten',
      body,
      ...(report !== undefined && { report }),
      ...(decoded && { decoded }),
      ...(isTranscoded && { contentType: withUtf8(rule.mediaType) }),
    };
  };
  let parsed: { readonly value: unknown } | undefined;
  if (rule.kind === 'json' && content === request.body) {
    // Parsed once for all policies.
    try {
      parsed = { value: request.json() };
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      return refusal('body-invalid', [jsonError(error.fault)]);
    }
  }
  const judged = validator.judgeBody(operation, rule, content, request.jsonLimits, parsed);
  return judged instanceof Promise ? judged.then(conclude) : conclude(judged);
}

function withUtf8({ type, parameters }: MediaType): string {
  // What cannot be written plainly means nothing to anybody.
  const others = [...parameters].filter(
    ([name, value]) => name !== 'charset' && /^[\x20-\x7e]*$/.test(value),
  );
  const written = others.map(([name, value]) => `; ${name}=${tokenOrQuoted(value)}`).join('');
  return `${type}${written}; charset=utf-8`;
}

/** What the XML declaration says of the encoding is no longer so, where it was so at all. */
function withoutEncoding(text: Buffer, label: string): Buffer {
  const head = text.toString('latin1', 0, 128);
  const match = /^(<\?xml[^>]*?)[ \t\r\n]+encoding[ \t]*=[ \t]*["']([\w.-]+)["']/.exec(head);
  if (match === null || charsetOf(match[2]!) !== charsetOf(label)) return text;
  return Buffer.concat([Buffer.from(match[1]!, 'latin1'), text.subarray(match[0].length)]);
}

function checkBinary(
  { body, beginning, fields }: Head & Body,
  operation: OperationDefinition,
  rule: ReadableBody,
  { validator }: BodyRules,
): Refuse | undefined {
  // It flows past, and what is compressed cannot be seen in passing.
  if (codingOf(fields.getAll('content-encoding')) !== undefined) return codingRefusal([]);
  const seen = body ?? beginning;
  if (seen === undefined)
    throw new Error('The beginning of the body was not kept although it has to be checked.');
  const announced = fields.get('content-length');
  const length = body?.length ?? (announced === undefined ? undefined : Number(announced));
  const judgement = validator.judgeBinary(operation, rule, seen, length);
  return judgement !== undefined && 'errors' in judgement
    ? refusal('body-invalid', judgement.errors)
    : undefined;
}
