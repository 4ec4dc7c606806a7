import {
  type Body,
  type Head,
  type Known,
  type Refuse,
  type Report,
  type Rewritten,
  refuse,
} from '../../exchange.ts';
import { codingOf } from '../../http/content-coding.ts';
import { JsonFault } from '../../http/json.ts';
import { isJson, mediaTypeOf } from '../../http/media-type.ts';
import { inspectsBody } from '../../openapi/bodies.ts';
import { keyFor } from '../../openapi/media-types.ts';
import type { ValidationError } from '../../openapi/validation-error.ts';
import { definePolicy, type MaybePromise } from '../../policy.ts';
import { cleanBody } from './clean.ts';
import { htmlCleaner } from './html.ts';
import { Cleaner } from './kinds.ts';
import { type Finding, lookAtBody, lookAtTarget } from './look.ts';
import { type Form, isAsUtf8, type TextPlace, textPlaces, Unreadable } from './places.ts';
import { compileRules, type OperationRules, type Search } from './rules.ts';
import { schema } from './schema.ts';

type Request = Head & Known & Body;
type BodyVerdict = Refuse | Rewritten | Report | undefined;

/** Cleans the fields that somebody names, and nothing else. */
export const sanitising = definePolicy({
  name: 'sanitising',
  summary:
    'Cleans the fields that the definition marks or the configuration names: HTML by an allow-list, text, URLs, file names. Markup that scripts elsewhere is refused or reported, never changed.',
  phase: 'body',
  schema,
  problems: [
    'body-invalid',
    'body-too-large',
    'content-dangerous',
    'media-type-unsupported',
    'content-coding-unsupported',
  ],
  onFault: 'refuse',
  byDefault: ({ hasDefinition }) => (hasDefinition ? {} : undefined),
  async prepare(config, environment) {
    const rules = compileRules(config, environment);
    const cleaner = new Cleaner(rules.usesHtml ? await htmlCleaner(config.html ?? {}) : undefined);
    const dangerous = config.dangerous ?? 'report';
    const note = config.mode === 'monitor' ? 'notSanitised' : 'sanitised';
    return {
      needsBody: (operation) =>
        rules.of(operation) !== undefined ||
        (dangerous === 'refuse' && (operation === undefined || inspectsBody(operation.definition))),
      body(request) {
        const { query, pathValues, operation } = request;
        const asked = rules.of(operation);
        if (asked === undefined && dangerous === 'off') return undefined;
        const found =
          dangerous === 'off' || (query === '' && pathValues.length === 0)
            ? nothing
            : lookAtTarget(query, operation?.parameterNames ?? [], pathValues);
        if (found.length > 0 && dangerous === 'refuse') return dangerRefused(found);
        const content = contentOf(request, asked, dangerous === 'refuse');
        if (content === undefined) return reportOf(found);
        if ('kind' in content) return content;
        const cleaned = clean(request, content, cleaner, note);
        const conclude = (verdict: Refuse | Rewritten | undefined): BodyVerdict => {
          if (verdict?.kind === 'refuse') return verdict;
          if (dangerous === 'off') return verdict;
          const body = verdict?.body ?? content.bytes;
          const places = verdict === undefined ? content.places : placesOf(content, body);
          const all = [...found, ...lookAtBody(content.form, body, places)];
          if (all.length === 0) return verdict;
          if (dangerous === 'refuse') return dangerRefused(all);
          return verdict === undefined ? reportOf(all) : { ...verdict, report: findingOf(all) };
        };
        return cleaned instanceof Promise ? cleaned.then(conclude) : conclude(cleaned);
      },
    };
  },
});

const nothing: Finding[] = [];

/** A body with texts in it. */
interface Content {
  readonly form: Form;
  readonly bytes: Buffer;
  readonly boundary: string | undefined;
  readonly searches: readonly Search[];
  readonly places: readonly TextPlace[];
}

/**
 * The body, as far as it has to be looked into; undefined where it does not.
 * @param must whether what cannot be looked into is refused although nothing of it is cleaned
 */
function contentOf(
  request: Request,
  rules: OperationRules | undefined,
  must: boolean,
): Content | Refuse | undefined {
  const { body } = request;
  if (!request.hasBody || body?.length === 0) return undefined;
  const mediaType = mediaTypeOf(request.fields);
  if (mediaType === undefined) return rules !== undefined || must ? unsupported : undefined;
  const form = formOf(mediaType.type);
  const key = rules && keyFor(rules.offered, mediaType);
  const marked = key === undefined ? undefined : rules?.marked.get(key);
  const searches = [marked, rules?.named].filter((search) => search !== undefined);
  const asked = searches.length > 0 || must;
  if (form === undefined) return searches.length > 0 ? unsupported : undefined;
  // A name leads nowhere in a text.
  if (form === 'text' && rules?.named !== undefined && marked === undefined) return unsupported;
  if (!isAsUtf8(mediaType)) return asked ? unsupported : undefined;
  if (codingOf(request.fields.getAll('content-encoding')) !== undefined)
    return asked
      ? refuse('content-coding-unsupported', { fields: ['accept-encoding', 'identity'] })
      : undefined;
  if (body === undefined) {
    // What was not held was not looked at, and must not pass for what was.
    if (asked) throw new Error('the body was not held although it has to be looked into');
    return undefined;
  }
  const boundary = form === 'multipart' ? mediaType.parameters.get('boundary') : undefined;
  try {
    if (form === 'json') request.json();
    return { form, bytes: body, boundary, searches, places: textPlaces(form, body, boundary, searches) };
  } catch (fault) {
    if (!(fault instanceof JsonFault) && !(fault instanceof Unreadable)) throw fault;
    if (!asked) return undefined;
    const message = fault instanceof JsonFault ? fault.fault.message : fault.message;
    return invalid([{ in: 'body', pointer: '', keyword: 'syntax', message }]);
  }
}

function placesOf({ form, boundary, searches }: Content, body: Buffer): readonly TextPlace[] {
  return form === 'json' ? [] : textPlaces(form, body, boundary, searches);
}

const unsupported = refuse('media-type-unsupported', { reason: 'nothing can be cleaned in it' });

function formOf(type: string): Form | undefined {
  if (isJson(type)) return 'json';
  if (type === 'application/x-www-form-urlencoded') return 'form';
  if (type === 'multipart/form-data') return 'multipart';
  return type.startsWith('text/') && type !== 'text/xml' ? 'text' : undefined;
}

function clean(
  request: Request,
  { form, bytes, boundary, places }: Content,
  cleaner: Cleaner,
  note: string,
): MaybePromise<Refuse | Rewritten | undefined> {
  if (!places.some(({ kinds }) => kinds.length > 0)) return undefined;
  return cleanBody(form, bytes, boundary, places, cleaner).then((result) => {
    if ('message' in result) {
      const { pointer, kind, message } = result;
      return invalid([{ in: 'body', pointer, keyword: 'sanitize', message }], kind);
    }
    if (result.changes.length === 0) return undefined;
    // A `&` is five characters in HTML.
    if (result.body.length > request.heldSize) return refuse('body-too-large', { reason: 'cleaned' });
    request.note(note, result.changes);
    return { kind: 'rewritten', body: result.body, judgedAnew: true };
  });
}

function invalid(errors: readonly ValidationError[], kind = ''): Refuse {
  const { pointer, keyword } = errors[0]!;
  return refuse('body-invalid', {
    members: { errors },
    reason: ['body', pointer, keyword, kind].filter(Boolean).join(' '),
  });
}

function reasonOf(found: readonly Finding[]): string {
  return found
    .map(({ danger, error }) => `${danger} in ${error.in} ${error.name ?? (error.pointer || '/')}`)
    .join('; ');
}

function dangerRefused(found: readonly Finding[]): Refuse {
  return refuse('content-dangerous', {
    members: { errors: found.map(({ error }) => error) },
    reason: reasonOf(found),
  });
}

function findingOf(found: readonly Finding[]) {
  return { problem: 'content-dangerous', reason: reasonOf(found) } as const;
}

function reportOf(found: readonly Finding[]): Report | undefined {
  return found.length === 0 ? undefined : { kind: 'report', ...findingOf(found) };
}
