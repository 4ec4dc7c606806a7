import type fc from 'fast-check';
import type { Next } from './mutants.ts';
import { mutantTexts, type Parameter, type Texts, textsOf } from './parameters.ts';
import { isMeant } from './readings.ts';
import { independent } from './verdicts.ts';
import { isWritable, nowhere, together, type Written, write } from './writing.ts';

/** A parameter of a request. */
export interface Part {
  readonly parameter: Parameter;
  readonly texts: Texts;
  readonly written: Written;
  readonly isGood: (texts: Texts) => boolean;
}

/** With a value that is good. */
export function partOf(parameters: fc.Arbitrary<Parameter>): fc.Arbitrary<Part> {
  return parameters.chain((parameter) => {
    const isGood = independent(parameter.model.meant);
    return parameter.model.value.map((value) => {
      const texts = textsOf(parameter.kind, value);
      return {
        parameter,
        texts,
        written: write(parameter, texts),
        isGood: (each) => isMeant(parameter, each, isGood),
      };
    });
  });
}

export interface Changed {
  readonly what: string;
  readonly written: Written;
  readonly isGood: boolean;
}

/** A good request changed in one place; undefined where the change cannot be written. */
export function changed(
  parts: readonly Part[],
  next: Next,
  besides: (written: Written) => readonly Changed[],
): Changed | undefined {
  const at = next(parts.length);
  const part = parts[at];
  if (part === undefined || next(10) === 0) {
    const all = besides(together(parts.map(own)));
    return all[next(all.length)];
  }
  const { name, in: location } = part.parameter;
  if (next(3) > 0) {
    const { what, value } = mutantTexts(part.texts, next);
    if (!isWritable(part.parameter, value)) return undefined;
    const written = together(parts.with(at, { ...part, written: write(part.parameter, value) }).map(own));
    return { what: `${location} ${name}: ${what}`, written, isGood: part.isGood(value) };
  }
  const change = placements(part)[next(4)];
  if (change === undefined) return undefined;
  const written = together(parts.with(at, { ...part, written: change.written }).map(own));
  return { what: `${location} ${name} ${change.what}`, written, isGood: change.isGood };
}

const own = ({ written }: Part): Written => written;

/** The parameter as it is, but not where or as often as it should be. */
function placements({ parameter, written }: Part): readonly (Changed | undefined)[] {
  const { in: location, kind, style, explode, required } = parameter;
  if (location === 'path') return [];
  const isSpread = kind === 'object' && (style === 'deepObject' || (style === 'form' && explode));
  const pieces = location === 'cookie' ? written.cookies : written.query;
  const inUpperCase = pieces.map((piece) => {
    const equals = piece.indexOf('=');
    return piece.slice(0, equals).toUpperCase() + piece.slice(equals);
  });
  const twice: Written = {
    ...nowhere,
    query: [...written.query, ...written.query],
    fields: [...written.fields, ...written.fields],
    cookies: [...written.cookies, ...written.cookies],
  };
  // A list in a field may come in several, and one that is exploded in a query is repeated anyway.
  const isRepeatable = kind === 'array' && (location === 'header' || (location === 'query' && explode));
  return [
    { what: 'left out', written: nowhere, isGood: !required },
    isRepeatable ? undefined : { what: 'twice', written: twice, isGood: false },
    location === 'query'
      ? { what: 'in cookies', written: { ...nowhere, cookies: written.query }, isGood: !required }
      : { what: 'in the query', written: { ...nowhere, query: queryOf(parameter, written) }, isGood: false },
    location === 'header' || isSpread
      ? undefined
      : {
          what: 'in upper case',
          written: { ...nowhere, [location === 'query' ? 'query' : 'cookies']: inUpperCase },
          // Of a cookie it is another one, which some servers take for this one.
          isGood: false,
        },
  ];
}

function queryOf({ name }: Parameter, { fields, cookies }: Written): readonly string[] {
  return [...cookies, ...fields.map(([, value]) => value)].map(
    (text) => `${name}=${encodeURIComponent(text)}`,
  );
}

/** What is there besides the parameters. */
export function besides(written: Written): readonly Changed[] {
  return [
    {
      what: 'an unknown parameter',
      written: { ...written, query: [...written.query, 'role=1'] },
      isGood: false,
    },
    { what: 'a broken escape', written: { ...written, query: [...written.query, 'a=%f'] }, isGood: false },
    {
      what: 'an unknown field',
      written: { ...written, fields: [...written.fields, ['role', '1']] },
      isGood: true,
    },
    {
      what: 'an unknown cookie',
      written: { ...written, cookies: [...written.cookies, 'role=1'] },
      isGood: true,
    },
    {
      what: 'one more segment',
      written: { ...written, segments: [...written.segments, 'x'] },
      isGood: false,
    },
    {
      what: 'the query in another order',
      written: { ...written, query: written.query.toReversed() },
      isGood: true,
    },
    { what: 'empty pieces', written: { ...written, query: ['', ...written.query, ''] }, isGood: true },
  ];
}
