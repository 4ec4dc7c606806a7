import type { Operation } from './apis.ts';
import { parsePathTemplate } from './path-template.ts';

/**
 * Whether each ";" of a path stands where the operation has a parameter in the style `matrix` (OpenAPI 3.1 section 4.8.12.3),
 * alone in its segment but for literals. Elsewhere nobody has said what it means, and servers differ: whoever cuts it off
 * reads `/maps/admin;place=1` as `/maps/admin`, so the parameter has to begin with it.
 */
export function takesPathParameters(operation: Operation | undefined, path: string): boolean {
  if (operation === undefined) return false;
  const template = operation.path.split('/');
  const segments = path.split('/');
  // The base path stands before the template, and begins like it.
  const before = segments.length - template.length;
  return segments.every(
    (segment, index) =>
      !segment.includes(';') || isMatrix(operation, template[index - before] ?? '', segment),
  );
}

function isMatrix({ definition }: Operation, written: string, segment: string): boolean {
  const { segments, parameterNames } = parsePathTemplate(`/${written}`);
  const described = segments[0]!;
  if (parameterNames.length !== 1) return false;
  const [start, ...others] = segment.split(';');
  if (start !== (described.kind === 'partial' ? described.literals[0] : '')) return false;
  return definition.parameters.some(
    (parameter) =>
      parameter.in === 'path' &&
      parameter.style === 'matrix' &&
      parameter.name === parameterNames[0] &&
      // Without explode there is one: what follows it would be another one to the service, and was part of its value here.
      (parameter.explode || others.length === 1),
  );
}

/**
 * Reads what a parameter of a path says, without what its style writes before it: `;id=7` in the style `matrix` and `.7` in the
 * style `label` are 7 (RFC 6570 sections 3.2.5 and 3.2.7). What is not written so, or more than once, stays as it is.
 * @param index among the parameters of the template
 */
export function pathValueReader(operation: Operation, index: number): (written: string) => string {
  const name = operation.parameterNames[index];
  const style = operation.definition.parameters.find(
    (parameter) => parameter.in === 'path' && parameter.name === name,
  )?.style;
  if (style === 'label') return (written) => (written.startsWith('.') ? written.slice(1) : written);
  if (style !== 'matrix') return (written) => written;
  const prefix = `;${name}=`;
  return (written) => {
    if (written.startsWith(prefix)) return written.slice(prefix.length);
    return written === `;${name}` ? '' : written;
  };
}
