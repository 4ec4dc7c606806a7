import {
  type Body,
  type Head,
  type Known,
  type Principal,
  type Refuse,
  type Rewritten,
  refuse,
} from '../../exchange.ts';
import { codingOf } from '../../http/content-coding.ts';
import type { Fields } from '../../http/fields.ts';
import { JsonFault, jsonFault } from '../../http/json.ts';
import { JsonMatcher } from '../../http/json-matcher.ts';
import type { JsonPath } from '../../http/json-path.ts';
import { TooDeep, textAt, visitJson } from '../../http/json-visit.ts';
import { isInUtf8, isJson, parseMediaType } from '../../http/media-type.ts';
import { type Binding, isExempt, notTheirs } from './binding.ts';
import { hasOneOf } from './roles.ts';

/** A field that only some may write, or see. */
export interface FieldRule {
  /** As it is written. */
  readonly text: string;
  readonly path: JsonPath;
  /** Roles of which one is enough. */
  readonly allowed: ReadonlySet<string>;
  readonly removes: boolean;
}

/** A binding within the body, and whether the body must have the value. */
export interface BodyBinding {
  readonly binding: Binding;
  readonly path: JsonPath;
  readonly required: boolean;
}

/** What is asked of the JSON content of requests, or replies, of one operation. */
export interface ContentRules extends Asked {
  /** The paths of the bindings, then those of the fields. */
  readonly matcher: JsonMatcher;
  /** What is asked of errors: what is bound is an object, and an error is none. */
  readonly ofErrors: ContentRules;
}

interface Asked {
  readonly bindings: readonly BodyBinding[];
  readonly fields: readonly FieldRule[];
}

export function compileContent({ bindings, fields }: Asked): ContentRules {
  const matcher = new JsonMatcher([...bindings, ...fields].map(({ path }) => path));
  const rules = { bindings, fields, matcher };
  if (bindings.length > 0) return { ...rules, ofErrors: compileContent({ bindings: [], fields }) };
  const alike: ContentRules = {
    ...rules,
    get ofErrors() {
      return alike;
    },
  };
  return alike;
}

/** True when the caller may send, or see, whatever there is: nothing has to be looked at. */
export function concernsNothing({ bindings, fields }: Asked, principal: Principal | undefined): boolean {
  return (
    bindings.every(({ binding }) => principal !== undefined && isExempt(binding, principal)) &&
    fields.every(({ allowed }) => principal !== undefined && hasOneOf(principal.roles, allowed))
  );
}

/**
 * Judges the body of a request: what it binds to the caller, and fields that the caller may not write.
 * @throws Error when the body was not held
 */
export function judgeRequest(
  rules: ContentRules,
  request: Head & Known & Body,
): Refuse | Rewritten | undefined {
  const { principal, body, fields } = request;
  if (concernsNothing(rules, principal)) return undefined;
  if (!request.hasBody || body?.length === 0) return missingIn(rules, principal);
  const type = jsonType(fields);
  if (type !== undefined)
    return refuse('media-type-unsupported', { reason: type, fields: ['accept', 'application/json'] });
  if (codingOf(fields.getAll('content-encoding')) !== undefined)
    return refuse('content-coding-unsupported', { fields: ['accept-encoding', 'identity'] });
  if (body === undefined) throw new Error('the body was not held although it has to be checked');
  try {
    request.json();
  } catch (fault) {
    if (!(fault instanceof JsonFault)) throw fault;
    return invalid(fault.message);
  }
  return look(body, rules, principal, 'request');
}

/** Judges the content of a reply, which has to be JSON: in nothing else can a field be found. */
export function judgeReply(
  rules: ContentRules,
  reply: Known & { readonly replyBody: Buffer; readonly replyFields: Fields; readonly status: number },
): Refuse | Rewritten | undefined {
  const { principal, replyBody, replyFields, status } = reply;
  const applicable = rulesFor(rules, status);
  if (concernsNothing(applicable, principal)) return undefined;
  if (replyBody.length === 0) return missingIn(applicable, principal);
  const fault = jsonType(replyFields) ?? jsonFault(replyBody);
  if (fault !== undefined) return refuse('reply-unverifiable', { reason: fault });
  try {
    return look(replyBody, applicable, principal, 'reply');
  } catch (fault) {
    if (!(fault instanceof TooDeep)) throw fault;
    return refuse('reply-unverifiable', { reason: 'nested too deep' });
  }
}

export function rulesFor(rules: ContentRules, status: number): ContentRules {
  return status >= 200 && status < 300 ? rules : rules.ofErrors;
}

/** Why the content is not JSON, as its fields say; undefined when it is. */
export function jsonType(fields: Fields): string | undefined {
  const types = fields.getAll('content-type');
  if (types.length !== 1) return types.length === 0 ? 'no Content-Type' : 'several Content-Types';
  const mediaType = parseMediaType(types[0]!);
  if (mediaType === undefined || !isJson(mediaType.type)) return 'not JSON';
  // RFC 8259 section 8.1: JSON is UTF-8. In another charset the names would be hidden from the search.
  return isInUtf8(mediaType) ? undefined : 'not UTF-8';
}

/** For content that is not there at all. */
export function missingIn({ bindings }: ContentRules, principal: Principal | undefined): Refuse | undefined {
  for (const { binding, required } of bindings) {
    if (required && !(principal !== undefined && isExempt(binding, principal)))
      return notTheirs(binding, 'is missing, and must be');
  }
  return undefined;
}

function look(
  content: Buffer,
  { bindings, fields, matcher }: ContentRules,
  principal: Principal | undefined,
  where: 'request' | 'reply',
): Refuse | Rewritten | undefined {
  const texts = bindings.map(({ binding }) =>
    principal === undefined
      ? []
      : isExempt(binding, principal)
        ? undefined
        : binding.owner.textsOf(principal),
  );
  const found = bindings.map(() => false);
  const closed = fields.map(({ allowed }) => principal === undefined || !hasOneOf(principal.roles, allowed));
  let refusal: Refuse | undefined;
  const left = visitJson(content, matcher, ({ path, from, exact }) => {
    const own = path < bindings.length;
    if (own) {
      const mine = texts[path];
      if (mine === undefined) return false;
      if (exact) found[path] = true;
      const text = textAt(content, from);
      if (text === undefined || !mine.includes(text))
        refusal ??= notTheirs(bindings[path]!.binding, 'is not');
      return false;
    }
    const index = path - bindings.length;
    if (!closed[index]) return false;
    const { removes } = fields[index]!;
    if (!removes) refusal ??= fieldRefused(fields[index]!, where);
    return removes;
  });
  if (refusal !== undefined) return refusal;
  for (const [index, { binding, required }] of bindings.entries()) {
    if (required && texts[index] !== undefined && !found[index])
      return notTheirs(binding, 'is missing, and must be');
  }
  return left === content ? undefined : { kind: 'rewritten', body: left };
}

function fieldRefused({ text, path }: FieldRule, where: 'request' | 'reply'): Refuse {
  const reason = `${where} ${text}`;
  if (where === 'reply') return refuse('field-refused', { reason });
  return refuse('field-refused', {
    reason,
    detail: 'The body has a field that the caller may not write.',
    members: {
      errors: [{ in: 'body', pointer: path.text, keyword: 'forbidden', message: 'may not be sent' }],
    },
  });
}

function invalid(message: string): Refuse {
  return refuse('body-invalid', {
    members: { errors: [{ in: 'body', pointer: '', keyword: 'syntax', message }] },
    reason: 'body syntax',
  });
}
