import { METHODS } from 'node:http';
import { RouteFault, templateParameters } from '../routing/path-template.ts';
import type {
  DefinitionFault,
  MediaTypeDetails,
  OperationDefinition,
  ParameterDefinition,
  ParameterLocation,
  ParameterStyle,
  RequestBodyDefinition,
  ResponseDefinition,
  Schema,
  SecurityAlternative,
  SecurityScheme,
  SharedDefinition,
} from './definition.ts';
import { emptyObject, isJsonObject, type JsonObject, objectOrEmpty } from './json-value.ts';
import { cleanSchema } from './keywords.ts';
import { mediaTypeKey, readDetails } from './media-types.ts';
import { readResponses } from './responses.ts';
import { operationKeys, sanitizeMark } from './structure.ts';

/**
 * Reads the operations of a bundled 3.1 document. What cannot be enforced as it stands is added to `faults`, so
 * that one odd parameter does not keep a whole API from being served.
 */
export function readOperations(
  document: JsonObject,
  shared: SharedDefinition,
  faults: DefinitionFault[],
): OperationDefinition[] {
  const operations: OperationDefinition[] = [];
  const ids = new Set<string>();
  const interned = new Map<string, ResponseDefinition>();
  for (const [path, item] of Object.entries(objectOrEmpty(document.paths))) {
    if (!isJsonObject(item)) continue;
    const names = templateNames(path, faults);
    if (names === undefined) continue;
    for (const [method, source] of operationsOf(item)) {
      const place = `${method} ${path}`;
      const fault = (message: string): void => void faults.push({ place, message });
      if (!METHODS.includes(method)) {
        fault('The method is none that HTTP servers know; the operation is not served.');
        continue;
      }
      operations.push({
        id: uniqueId(source.operationId, place, ids, fault),
        method,
        path,
        parameters: readParameters(item.parameters, source.parameters, names, fault),
        requestBody: readBody(source.requestBody, fault),
        responses: readResponses(source.responses, interned, fault),
        security: readSecurity(source.security ?? document.security, shared, fault),
        deprecated: source.deprecated === true,
        tags: Array.isArray(source.tags) ? source.tags.filter((tag) => typeof tag === 'string') : [],
        summary: typeof source.summary === 'string' ? source.summary : undefined,
        shared,
      });
    }
  }
  return operations;
}

type ReportFault = (message: string) => void;

/** By method, upper-case where the definition has a keyword for it, and else as it is written (OpenAPI 3.2). */
function operationsOf(item: JsonObject): (readonly [method: string, source: JsonObject])[] {
  const named = operationKeys.map((key) => [key.toUpperCase(), item[key]] as const);
  const others = Object.entries(objectOrEmpty(item.additionalOperations));
  return [...named, ...others].filter((each): each is [string, JsonObject] => isJsonObject(each[1]));
}

function templateNames(path: string, faults: DefinitionFault[]): readonly string[] | undefined {
  try {
    return templateParameters(path);
  } catch (error) {
    if (!(error instanceof RouteFault)) throw error;
    faults.push({ place: path, message: `${error.message} Its operations are not served.` });
    return undefined;
  }
}

function uniqueId(value: unknown, place: string, ids: Set<string>, fault: ReportFault): string {
  const id = typeof value === 'string' && value !== '' ? value : place;
  if (ids.has(id)) fault(`operationId "${id}" is another operation's already; "${place}" is used instead.`);
  const unique = ids.has(id) ? place : id;
  ids.add(unique);
  return unique;
}

function readParameters(
  ofPath: unknown,
  ofOperation: unknown,
  names: readonly string[],
  fault: ReportFault,
): ParameterDefinition[] {
  const merged = new Map<string, ParameterDefinition>();
  for (const list of [ofPath, ofOperation]) {
    const here = new Set<string>();
    for (const source of Array.isArray(list) ? list : []) {
      const parameter = readParameter(source, fault);
      if (parameter === undefined) continue;
      const key = `${parameter.in} ${parameter.name}`;
      if (here.has(key)) fault(`The ${parameter.in} parameter "${parameter.name}" is defined twice.`);
      here.add(key);
      merged.set(key, parameter);
    }
  }
  const parameters = [...merged.values()].filter((parameter) => {
    if (parameter.in !== 'path' || names.includes(parameter.name)) return true;
    fault(`The path parameter "${parameter.name}" does not stand in the path.`);
    return false;
  });
  for (const name of names) {
    if (merged.has(`path ${name}`)) continue;
    fault(`The path parameter "${name}" is not defined; any value is taken.`);
  }
  return parameters;
}

const locations: readonly unknown[] = ['path', 'query', 'header', 'cookie'] satisfies ParameterLocation[];
const formType = 'application/x-www-form-urlencoded';

/** Those that OpenAPI 3.1 section 4.8.12.2.1 says to ignore: security and content negotiation state them. */
const ignoredHeaders = new Set(['accept', 'content-type', 'authorization']);

function readParameter(written: unknown, fault: ReportFault): ParameterDefinition | undefined {
  const source = isJsonObject(written) && written.in === 'querystring' ? asForm(written, fault) : written;
  if (!isJsonObject(source) || typeof source.name !== 'string' || !locations.includes(source.in)) {
    fault('A parameter has no name, or its "in" is not path, query, header or cookie.');
    return undefined;
  }
  const location = source.in as ParameterLocation;
  const name = location === 'header' ? source.name.toLowerCase() : source.name;
  if (location === 'header' && ignoredHeaders.has(name)) return undefined;
  const [mediaType, content] = Object.entries(objectOrEmpty(source.content))[0] ?? [];
  const style = readStyle(source.style, location);
  if (style === undefined && mediaType === undefined) {
    fault(
      `The style "${String(source.style)}" of the ${location} parameter "${name}" is not supported; any value is taken.`,
    );
  }
  const schema = cleanSchema(
    mediaType === undefined ? source.schema : objectOrEmpty(content).schema,
    (message) => fault(`The ${location} parameter "${name}": ${message}`),
  );
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
    mediaType: mediaType === undefined ? undefined : withoutParameters(mediaType),
  };
}

/** All of the query as a form (OpenAPI 3.2) is what an object with a parameter for each property was before. */
function asForm(source: JsonObject, fault: ReportFault): JsonObject {
  const content = objectOrEmpty(source.content);
  const schema = objectOrEmpty(content[formType]).schema;
  if (schema === undefined) fault(`The query as a whole is only judged as ${formType}; any query is taken.`);
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

function readBody(source: unknown, fault: ReportFault): RequestBodyDefinition | undefined {
  if (!isJsonObject(source)) return undefined;
  const content = emptyObject() as Record<string, Schema>;
  const details = emptyObject() as Record<string, MediaTypeDetails>;
  for (const [key, value] of Object.entries(objectOrEmpty(source.content))) {
    const type = mediaTypeKey(key);
    if (type === undefined) {
      fault(`"${key}" is not a media type.`);
      continue;
    }
    const media = objectOrEmpty(value);
    content[type] = cleanSchema(media.schema, fault);
    const detail = readDetails(
      media,
      (name, header) => readParameter({ ...header, name, in: 'header' }, fault),
      fault,
    );
    if (detail !== undefined) details[type] = detail;
  }
  return {
    required: source.required === true,
    content,
    ...(Object.keys(details).length > 0 && { details }),
  };
}

function withoutParameters(mediaType: string): string {
  const semicolon = mediaType.indexOf(';');
  return (semicolon < 0 ? mediaType : mediaType.slice(0, semicolon)).trim().toLowerCase();
}

function readSecurity(
  source: unknown,
  shared: SharedDefinition,
  fault: ReportFault,
): SecurityAlternative[] | undefined {
  if (!Array.isArray(source)) return undefined;
  return source.filter(isJsonObject).map((alternative) =>
    Object.entries(alternative).map(([scheme, scopes]) => {
      const known = Object.hasOwn(shared.securitySchemes, scheme)
        ? shared.securitySchemes[scheme]
        : undefined;
      if (known === undefined) fault(`The security scheme "${scheme}" is not defined; nothing satisfies it.`);
      return {
        scheme,
        type: known?.type ?? ('unknown' as const),
        scopes: Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : [],
      };
    }),
  );
}

const schemeTypes: readonly unknown[] = [
  'apiKey',
  'http',
  'oauth2',
  'openIdConnect',
  'mutualTLS',
] satisfies SecurityScheme['type'][];

export function readSecuritySchemes(source: unknown): Readonly<Record<string, SecurityScheme>> {
  const schemes = emptyObject() as Record<string, SecurityScheme>;
  for (const [key, value] of Object.entries(objectOrEmpty(source))) {
    if (!isJsonObject(value) || !schemeTypes.includes(value.type)) continue;
    const name = typeof value.name === 'string' ? value.name : undefined;
    const where =
      value.in === 'query' || value.in === 'header' || value.in === 'cookie' ? value.in : undefined;
    schemes[key] = {
      type: value.type as SecurityScheme['type'],
      ...(where !== undefined && { in: where }),
      ...(name !== undefined && { name: where === 'header' ? name.toLowerCase() : name }),
      ...(typeof value.scheme === 'string' && { scheme: value.scheme.toLowerCase() }),
    };
  }
  return schemes;
}
