import type { Operation } from '../../routing/apis.ts';
import { parsePathTemplate, type Segment } from '../../routing/path-template.ts';

/** Writes the path of a request from the values of its template. */
type WritePath = (values: readonly string[]) => string;

/**
 * How to write the paths of those operations that take a secret in their path, such as `/reset/{token}`.
 * @param isHidden whether the values of a parameter must not be kept
 */
export function compilePaths(
  operations: readonly Operation[],
  basePath: string,
  isHidden: (name: string) => boolean,
): ReadonlyMap<Operation, WritePath> {
  const paths = new Map<Operation, WritePath>();
  for (const operation of operations) {
    const { segments, parameterNames } = parsePathTemplate(operation.path);
    const hides = parameterNames.map(isHidden);
    if (hides.includes(true))
      paths.set(operation, (values) => basePath + writeSegments(segments, hides, values));
  }
  return paths;
}

function writeSegments(
  segments: readonly Segment[],
  hides: readonly boolean[],
  values: readonly string[],
): string {
  let path = '';
  let next = 0;
  const value = (): string => {
    const index = next++;
    return hides[index] === true ? '***' : encodeURIComponent((values[index] ?? '').toWellFormed());
  };
  for (const segment of segments) {
    path += '/';
    if (segment.kind === 'literal') path += segment.text;
    else if (segment.kind === 'whole') path += value();
    else
      segment.literals.forEach((literal, i) => {
        path += i === 0 ? literal : value() + literal;
      });
  }
  return path;
}
