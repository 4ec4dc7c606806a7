import type { Operation } from './apis.ts';

/**
 * Whether each ";" of a path stands where the operation has a parameter in the style `matrix` (OpenAPI 3.1 section 4.8.12.3),
 * alone in its segment but for literals. Elsewhere nobody has said what it means, and servers differ.
 */
export function takesPathParameters(operation: Operation | undefined, path: string): boolean {
  if (operation === undefined) return false;
  const template = operation.path.split('/');
  const segments = path.split('/');
  // The base path stands before the template, and begins like it.
  const before = segments.length - template.length;
  return segments.every(
    (segment, index) => !segment.includes(';') || isMatrix(operation, template[index - before] ?? ''),
  );
}

function isMatrix({ definition }: Operation, segment: string): boolean {
  const name = /^[^{]*\{([^{}]+)\}[^{]*$/.exec(segment)?.[1];
  return definition.parameters.some(
    (parameter) => parameter.in === 'path' && parameter.style === 'matrix' && parameter.name === name,
  );
}
