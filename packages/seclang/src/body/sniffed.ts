import { type BodyContent, emptyContent, fileHeadLength, type NamedValue } from './content.ts';
import { readJson } from './json.ts';
import type { BodyLimits } from './limits.ts';
import { parseUrlencoded } from './urlencoded.ts';
import { readXml } from './xml.ts';

/** What services take for a file, whatever is in it; unless it begins like a text that a lenient one would parse. */
const fileType =
  /^(?:image|video|audio|font)\/|^application\/(?:octet-stream|pdf|zip|gzip|x-(?:gzip|tar|7z-compressed|protobuf)|protobuf|grpc|msgpack|cbor|avro|vnd\.)/i;
const xmlType = /^(?:application|text)\/xml$|\+xml$/i;
const jsonType = /^(?:application|text)\/(?:x-)?json$|\+json$/i;
const linesType = /^application\/(?:x-)?(?:ndjson|jsonl|jsonlines|json-lines)$/i;
const formType = /^application\/x-www-form-urlencoded$/i;

/**
 * Reads a body as what it looks like, as services do that parse whatever comes: JSON and XML under any content type, a form
 * beside them where the type says so. Where the type names a format, what is wrong with the body is a fault. Any other text
 * is one argument, `body`. The texts and attributes of XML are arguments as well, so that each is judged by itself.
 */
export function readSniffed(body: string, contentType: string, limits: BodyLimits): BodyContent {
  const type = /^[^;,\s]*/.exec(contentType)![0];
  if (jsonType.test(type)) return readJson(body, contentType, limits);
  if (linesType.test(type)) return readLines(body, limits);
  if (xmlType.test(type)) return withArguments(readXml(body, contentType, limits));
  const looksLike = /^(?:\xef\xbb\xbf)?[ \t\r\n]*(["{[<])/.exec(body)?.[1];
  const parsed = looksLike === undefined ? undefined : parse(looksLike, body, limits);
  if (formType.test(type)) return asForm(body, parsed, limits);
  if (parsed !== undefined) return parsed;
  if (fileType.test(type) && looksLike !== '<') {
    const file = { name: 'body', fileName: '', size: body.length, head: body.slice(0, fileHeadLength) };
    return { ...emptyContent, files: [file] };
  }
  return { ...emptyContent, arguments: [{ name: 'body', value: body }] };
}

/** What is wrong with it is no fault, as nobody said what it is: the whole is looked at too then. */
function parse(first: string, body: string, limits: BodyLimits): BodyContent {
  const content = first === '<' ? withArguments(readXml(body, '', limits)) : readJson(body, '', limits);
  if (content.fault === undefined) return content;
  return { ...content, arguments: [...content.arguments, { name: 'body', value: body }], fault: undefined };
}

/** JSON texts one after the other, a line for each. */
function readLines(body: string, limits: BodyLimits): BodyContent {
  const found: NamedValue[] = [];
  let fault: string | undefined;
  for (const line of body.split('\n')) {
    const content = readJson(line.trim(), '', { ...limits, arguments: limits.arguments - found.length });
    for (const each of content.arguments) found.push(each);
    fault ??= content.fault;
    if (found.length >= limits.arguments) break;
  }
  return { ...emptyContent, arguments: found, fault };
}

function asForm(body: string, parsed: BodyContent | undefined, limits: BodyLimits): BodyContent {
  const { arguments: found, isCut } = parseUrlencoded(body, '&', limits.arguments);
  const fault = isCut ? 'too many arguments' : undefined;
  return {
    ...emptyContent,
    arguments: parsed === undefined ? found : [...parsed.arguments, ...found],
    fault,
  };
}

function withArguments(content: BodyContent): BodyContent {
  const { pieces = [], attributes = [] } = content.xml ?? {};
  const blank = /^\s*$/;
  const found: NamedValue[] = [];
  for (const value of pieces) if (!blank.test(value)) found.push({ name: 'xml', value });
  for (const value of attributes) found.push({ name: 'xml', value });
  return { ...content, arguments: found };
}
