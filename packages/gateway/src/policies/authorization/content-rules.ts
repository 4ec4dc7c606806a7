import type { JsonPath } from '../../http/json-path.ts';
import { mayBeJson } from '../../openapi/media-types.ts';
import { type Shape, shapeOfSchema } from '../../openapi/schema-shape.ts';
import type { Operation } from '../../routing/apis.ts';
import type { Binding } from './binding.ts';
import { type BodyBinding, type ContentRules, compileContent } from './content.ts';
import { covers, type Scope } from './target.ts';

/** One entry of `fields:`, compiled. */
export interface FieldEntry {
  /** As it is written. */
  readonly text: string;
  readonly scope: Scope;
  readonly path: JsonPath;
  /** Roles of which one is enough; undefined for everybody. */
  readonly write: ReadonlySet<string> | undefined;
  readonly read: ReadonlySet<string> | undefined;
  readonly removesWritten: boolean;
  readonly removesRead: boolean;
}

/** What is asked of the bodies of requests for an operation; undefined when nothing is. */
export function requestRules(
  operation: Operation,
  bindings: readonly Binding[],
  entries: readonly FieldEntry[],
): ContentRules | undefined {
  return rulesOf(
    bindings.flatMap((binding) => bodyBinding(binding, operation) ?? []),
    entries.flatMap(({ text, scope, path, write, removesWritten }) =>
      write !== undefined && coversBody(scope, operation)
        ? { text, path, allowed: write, removes: removesWritten }
        : [],
    ),
  );
}

/** What is asked of the replies of an operation. */
export function replyRules(
  operation: Operation,
  bindings: readonly Binding[],
  entries: readonly FieldEntry[],
): ContentRules | undefined {
  return rulesOf(
    bindings.flatMap((binding) => replyBinding(binding, operation) ?? []),
    entries.flatMap(({ text, scope, path, read, removesRead }) =>
      read !== undefined && covers(scope, operation)
        ? { text, path, allowed: read, removes: removesRead }
        : [],
    ),
  );
}

function rulesOf(bindings: readonly BodyBinding[], fields: ContentRules['fields']): ContentRules | undefined {
  return bindings.length === 0 && fields.length === 0 ? undefined : compileContent({ bindings, fields });
}

function bodyBinding(binding: Binding, operation: Operation): BodyBinding | undefined {
  const { target, passesMissing } = binding;
  if (target.kind !== 'body' || !coversBody(target.scope, operation)) return undefined;
  const required = !passesMissing && (target.scope.exact || declares(operation, target.path));
  return { binding, path: target.path, required };
}

function replyBinding(binding: Binding, operation: Operation): BodyBinding | undefined {
  const { target, passesMissing } = binding;
  if (target.kind !== 'reply' || !covers(target.scope, operation)) return undefined;
  return { binding, path: target.path, required: !passesMissing };
}

/**
 * A rule for many operations leaves out those that take other media types only, in which its field cannot be looked for;
 * one for this very operation is kept, and refuses what is not JSON.
 */
function coversBody(scope: Scope, operation: Operation): boolean {
  return covers(scope, operation) && (scope.exact || contentOf(operation) !== 'other');
}

/** What the definition says that an operation takes; `none` for no body at all. */
export function contentOf({ definition }: Operation): 'json' | 'other' | 'none' {
  if (definition.requestBody === undefined) return 'none';
  return Object.keys(definition.requestBody.content).some(mayBeJson) ? 'json' : 'other';
}

/** Whether a schema of the operation's body has the value, so that leaving it out could mean everybody's. */
function declares({ definition }: Operation, { steps }: JsonPath): boolean {
  return Object.entries(definition.requestBody?.content ?? {}).some(
    ([type, schema]) => mayBeJson(type) && has(shapeOfSchema(schema, definition.shared), steps, 0),
  );
}

function has(shape: Shape | undefined, steps: JsonPath['steps'], at: number): boolean {
  if (shape === undefined) return false;
  if (at === steps.length) return true;
  const step = steps[at]!;
  const members = [
    ...(shape.properties?.values() ?? []),
    ...(shape.items === undefined ? [] : [shape.items]),
  ];
  if (step === 'deep') return has(shape, steps, at + 1) || members.some((each) => has(each, steps, at));
  if (step === 'any') return members.some((each) => has(each, steps, at + 1));
  return has(shape.properties?.get(step.name), steps, at + 1);
}
