import { METHODS } from 'node:http';
import { isJson } from '../http/media-type.ts';
import { type PathTemplate, parsePathTemplate, RouteFault, routeKey } from '../routing/path-template.ts';
import type {
  MediaTypeDetails,
  OperationDefinition,
  ParameterDefinition,
  ParameterLocation,
  ParameterStyle,
  RequestBodyDefinition,
  ResponseDefinition,
  Schema,
  SharedDefinition,
} from './definition.ts';
import type { DefinitionFaults, ReportFault } from './definition-faults.ts';
import { likeliest } from './fixed-fields.ts';
import { emptyObject, isJsonObject, type JsonObject, objectOrEmpty } from './json-value.ts';
import { cleanSchema } from './keywords.ts';
import { mediaTypeKey, onlyContent, readDetails } from './media-types.ts';
import { below, placeOf } from './places.ts';
import { readResponses } from './responses.ts';
import type { Place } from './schema-resources.ts';
import { statedTypes } from './schema-shape.ts';
import { SecurityReader } from './security.ts';
import { operationKeys, sanitizeMark } from './structure.ts';

/**
 * Reads the operations of a bundled 3.1 document. What cannot be enforced as it stands is added to `faults`, so
 * that one odd parameter does not keep a whole API from being served.
 * @param root the file of the definition
 */
export function readOperations(
  document: JsonObject,
  shared: SharedDefinition,
  faults: DefinitionFaults,
  root: string,
): OperationDefinition[] {
  const operations: OperationDefinition[] = [];
  const security = new SecurityReader(document, shared, faults, root);
  const ids = new Set<string>();
  const routes = new Routes(faults);
  const interned = new Map<string, ResponseDefinition>();
  for (const [path, item] of Object.entries(objectOrEmpty(document.paths))) {
    if (!isJsonObject(item)) continue;
    const pathPlace = ['paths', path].reduce(below, { file: root, pointer: '' });
    const template = readTemplate(path, faults.at(pathPlace));
    if (template === undefined) continue;
    for (const [method, source] of operationsOf(item)) {
      const place = placeOf(source, below(pathPlace, method.toLowerCase()));
      if (!METHODS.includes(method)) {
        faults.add(place, 'operation-not-served', `${method} is no method that HTTP servers know.`);
        continue;
      }
      if (!routes.isNew(method, path, template, place)) continue;
      operations.push({
        id: uniqueId(source.operationId, `${method} ${path}`, ids, faults.at(below(place, 'operationId'))),
        method,
        path,
        parameters: readParameters(item.parameters, source.parameters, template.parameterNames, {
          place,
          pathPlace,
          faults,
          shared,
        }),
        requestBody: readBody(source.requestBody, place, faults),
        responses: readResponses(source.responses, interned),
        security: security.read(source, place),
        deprecated: source.deprecated === true,
        tags: Array.isArray(source.tags) ? source.tags.filter((tag) => typeof tag === 'string') : [],
        summary: typeof source.summary === 'string' ? source.summary : undefined,
        shared,
      });
    }
  }
  return operations;
}

/** By method, upper-case where the definition has a keyword for it, and else as it is written (OpenAPI 3.2). */
function operationsOf(item: JsonObject): (readonly [method: string, source: JsonObject])[] {
  const named = operationKeys.map((key) => [key.toUpperCase(), item[key]] as const);
  const others = Object.entries(objectOrEmpty(item.additionalOperations));
  return [...named, ...others].filter((each): each is [string, JsonObject] => isJsonObject(each[1]));
}

function readTemplate(path: string, report: ReportFault): PathTemplate | undefined {
  try {
    return parsePathTemplate(path);
  } catch (error) {
    if (!(error instanceof RouteFault)) throw error;
    report('path-not-served', error.message);
    return undefined;
  }
}

/** Which paths there are already: two that differ in names only are one to whoever asks (OpenAPI 3.1 section 4.8.8.2). */
class Routes {
  readonly #faults: DefinitionFaults;
  readonly #paths = new Map<string, string>();
  readonly #operations = new Map<string, string>();

  constructor(faults: DefinitionFaults) {
    this.#faults = faults;
  }

  /** Whether no operation is there yet for the same requests. */
  isNew(method: string, path: string, template: PathTemplate, place: Place): boolean {
    const key = routeKey(template);
    const operation = `${method} ${key}`;
    const other = this.#operations.get(operation);
    if (other !== undefined) {
      const message = `${method} ${path} is the same operation as ${method} ${other}.`;
      this.#faults.add(place, 'operation-not-served', message);
      return false;
    }
    this.#operations.set(operation, path);
    const first = this.#paths.get(key);
    if (first === undefined) this.#paths.set(key, path);
    else if (first !== path)
      this.#faults.add(place, 'both-served', `The path is the same as ${first}, by other names.`);
    return true;
  }
}

function uniqueId(value: unknown, otherwise: string, ids: Set<string>, report: ReportFault): string {
  const id = typeof value === 'string' && value !== '' ? value : otherwise;
  if (ids.has(id)) report('own-id', `"${id}" is another operation's already.`);
  const unique = ids.has(id) ? otherwise : id;
  ids.add(unique);
  return unique;
}

/** Where an operation, and its path, stand. */
interface Where {
  readonly place: Place;
  readonly pathPlace: Place;
  readonly faults: DefinitionFaults;
  readonly shared: SharedDefinition;
}

function readParameters(
  ofPath: unknown,
  ofOperation: unknown,
  names: readonly string[],
  where: Where,
): ParameterDefinition[] {
  const { place, faults } = where;
  const merged = new Map<string, ParameterDefinition>();
  const sources = [ofPath, ofOperation].flatMap((list): unknown[] => (Array.isArray(list) ? list : []));
  for (const source of sources) {
    const at = placeOf(source, below(place, 'parameters'));
    const parameter = readParameter(source, at, faults);
    if (parameter === undefined) continue;
    parameterMistakes(objectOrEmpty(source), parameter, at, where);
    const key = `${parameter.in} ${parameter.name}`;
    if (parameter.in === 'path' && !names.includes(parameter.name)) {
      const meant = likeliest(parameter.name, names);
      const hint = meant === undefined ? '' : ` (did you mean "${meant}"?)`;
      const message = `The path has no {${parameter.name}} for the parameter of that name${hint}.`;
      faults.add(isOwn(at, where) ? at : below(place, 'parameters'), 'ignored', message);
    } else merged.set(key, parameter);
  }
  for (const name of names) {
    if (merged.has(`path ${name}`)) continue;
    faults.add(place, 'any-value', `The path has {${name}}, but there is no such path parameter.`);
  }
  return [...merged.values()];
}

function parameterMistakes(
  source: JsonObject,
  { in: location, schema, mediaType }: ParameterDefinition,
  place: Place,
  { faults, shared }: Where,
): void {
  if (location === 'path' && source.required !== true)
    faults.add(place, 'required', 'A path parameter needs "required: true".');
  if (mediaType === undefined) {
    if (source.schema === undefined && source.in !== 'querystring')
      faults.add(place, 'any-value', 'A parameter needs either "schema" or "content".');
    return;
  }
  if (source.schema !== undefined)
    faults.add(below(place, 'schema'), 'ignored', 'There is "content" beside it, which says what to read.');
  const types = statedTypes(schema, shared);
  if (isJson(mediaType) || types === undefined || types.has('string')) return;
  const message = `A parameter of ${mediaType} is one text to the gateway, which is never of the type ${[...types].join(' or ')}.`;
  faults.add(below(place, 'content'), 'no-value', message);
}

/** A parameter of the components may well be right for other paths. */
function isOwn(at: Place, { place, pathPlace }: Where): boolean {
  return [place, pathPlace].some(
    ({ file, pointer }) => at.file === file && at.pointer.startsWith(`${pointer}/`),
  );
}

const locations: readonly unknown[] = ['path', 'query', 'header', 'cookie'] satisfies ParameterLocation[];
const formType = 'application/x-www-form-urlencoded';

/** Those that OpenAPI 3.1 section 4.8.12.2.1 says to ignore: security and content negotiation state them. */
const ignoredHeaders = new Set(['accept', 'content-type', 'authorization']);

function readParameter(
  written: unknown,
  place: Place,
  faults: DefinitionFaults,
): ParameterDefinition | undefined {
  const source =
    isJsonObject(written) && written.in === 'querystring' ? asForm(written, place, faults) : written;
  if (!isJsonObject(source) || typeof source.name !== 'string') {
    faults.add(place, 'ignored', 'A parameter needs a name.');
    return undefined;
  }
  if (!locations.includes(source.in)) {
    const stated = source.in === undefined ? 'It says nothing of' : `"${String(source.in)}" is none of`;
    faults.add(
      below(place, 'in'),
      'ignored',
      `${stated} the places of parameters (${locations.join(', ')}).`,
    );
    return undefined;
  }
  const location = source.in as ParameterLocation;
  const name = location === 'header' ? source.name.toLowerCase() : source.name;
  if (location === 'header' && ignoredHeaders.has(name)) return undefined;
  const [mediaType, content] = onlyContent(source.content) ?? [];
  const style = readStyle(source.style, location);
  if (style === undefined && mediaType === undefined) {
    const message = `"${String(source.style)}" is no style of ${location} parameters (${styles[location].join(', ')}).`;
    faults.add(below(place, 'style'), 'any-value', message);
  }
  const schema = cleanSchema(mediaType === undefined ? source.schema : content?.schema);
  // Beside the schema it means the same as in it.
  const mark = source[sanitizeMark];
  return {
    name,
    in: location,
    required: location === 'path' || source.required === true,
    style,
    explode: typeof source.explode === 'boolean' ? source.explode : style === 'form',
    allowEmptyValue: location === 'query' && source.allowEmptyValue === true,
    deprecated: source.deprecated === true,
    schema: mark === undefined ? schema : { ...(isJsonObject(schema) && schema), [sanitizeMark]: mark },
    mediaType,
  };
}

/** All of the query as a form (OpenAPI 3.2) is what an object with a parameter for each property was before. */
function asForm(source: JsonObject, place: Place, faults: DefinitionFaults): JsonObject {
  const content = objectOrEmpty(source.content);
  const schema = objectOrEmpty(content[formType]).schema;
  if (schema === undefined)
    faults.add(place, 'any-value', `The query as a whole is only judged as ${formType}.`);
  const { content: _content, ...others } = source;
  return { ...others, name: source.name ?? 'querystring', in: 'query', style: 'form', explode: true, schema };
}

const styles: Readonly<Record<ParameterLocation, readonly ParameterStyle[]>> = {
  path: ['simple', 'label', 'matrix'],
  header: ['simple'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  cookie: ['form'],
};

function readStyle(style: unknown, location: ParameterLocation): ParameterStyle | undefined {
  const allowed = styles[location];
  return style === undefined ? allowed[0] : allowed.find((each) => each === style);
}

function readBody(
  source: unknown,
  place: Place,
  faults: DefinitionFaults,
): RequestBodyDefinition | undefined {
  if (!isJsonObject(source)) return undefined;
  const content = emptyObject() as Record<string, Schema>;
  const details = emptyObject() as Record<string, MediaTypeDetails>;
  for (const [key, value] of Object.entries(objectOrEmpty(source.content))) {
    const media = objectOrEmpty(value);
    const type = mediaTypeKey(key);
    if (type === undefined) continue;
    content[type] = cleanSchema(media.schema);
    const detail = readDetails(media, (name, header) =>
      readParameter({ ...header, name, in: 'header' }, placeOf(header, place), faults),
    );
    if (detail !== undefined) details[type] = detail;
  }
  return {
    required: source.required === true,
    content,
    ...(Object.keys(details).length > 0 && { details }),
  };
}
