import type { MultipartFlag, NamedValue } from '../body/content.ts';
import { macroText } from '../model/choice.ts';
import { type Item, itemName } from './item.ts';
import { fieldValue } from './request.ts';
import type { State } from './state.ts';
import { basename } from './target.ts';

/**
 * When a variable may become another one: never; when the body is there; when the response or its body is; or at any time, by
 * what rules do or as time goes by.
 */
export type Changes = 'never' | 'body' | 'response' | 'always';

export type Variable = { readonly changes: Changes } & (
  | { readonly kind: 'scalar'; read(state: State): string | undefined }
  | { readonly kind: 'collection'; read(state: State): readonly Item[] }
);

/** By name in capitals: every variable that the parser lets through. */
export const variables: ReadonlyMap<string, Variable> = new Map<string, Variable>([
  ...requestVariables(),
  ...argumentVariables(),
  ...bodyVariables(),
  ...multipartFlags(),
  ...responseVariables(),
  ...matchVariables(),
  ...storedCollections(),
  ...timeVariables(),
]);

type Entry = [name: string, variable: Variable];

function scalar(name: string, changes: Changes, read: (state: State) => string | undefined): Entry {
  return [name, { kind: 'scalar', changes, read }];
}

function collection(name: string, changes: Changes, read: (state: State) => readonly Item[]): Entry {
  return [name, { kind: 'collection', changes, read }];
}

function requestVariables(): Entry[] {
  return [
    scalar('REQUEST_METHOD', 'never', ({ request }) => request.method),
    scalar('REQUEST_PROTOCOL', 'never', ({ request }) => request.protocol),
    scalar('REQUEST_LINE', 'never', ({ request }) => requestLine(request)),
    scalar('REQUEST_URI', 'never', ({ target }) => target.uri),
    scalar('REQUEST_URI_RAW', 'never', ({ request }) => request.target),
    scalar('REQUEST_FILENAME', 'never', ({ target }) => target.path),
    scalar('REQUEST_BASENAME', 'never', ({ target }) => basename(target.path)),
    scalar('PATH_INFO', 'never', () => undefined),
    scalar('QUERY_STRING', 'never', ({ target }) => target.query),
    scalar('REMOTE_ADDR', 'never', ({ request }) => request.peerAddress),
    // Names are not looked up: that would ask a server of the client's choice.
    scalar('REMOTE_HOST', 'never', ({ request }) => request.peerAddress),
    scalar('REMOTE_PORT', 'never', ({ request }) => numeric(request.peerPort)),
    scalar('REMOTE_USER', 'never', ({ request }) => request.user),
    scalar('SERVER_ADDR', 'never', ({ request }) => request.serverAddress),
    scalar('SERVER_PORT', 'never', ({ request }) => numeric(request.serverPort)),
    scalar('SERVER_NAME', 'never', ({ request }) => hostName(fieldValue(request.fields, 'host'))),
    scalar('AUTH_TYPE', 'never', ({ request }) => authScheme(fieldValue(request.fields, 'authorization'))),
    scalar('UNIQUE_ID', 'never', ({ id }) => id),
    collection('REQUEST_HEADERS', 'never', ({ request }) => fields('REQUEST_HEADERS', request.fields)),
    collection('REQUEST_HEADERS_NAMES', 'never', ({ request }) =>
      fieldNames('REQUEST_HEADERS_NAMES', request.fields),
    ),
    collection('REQUEST_COOKIES', 'never', ({ cookies }) => values('REQUEST_COOKIES', cookies)),
    collection('REQUEST_COOKIES_NAMES', 'never', ({ cookies }) => names('REQUEST_COOKIES_NAMES', cookies)),
    collection('GEO', 'never', () => []),
    scalar('MODSEC_BUILD', 'never', () => '020909000'),
    scalar('WEBAPPID', 'never', () => undefined),
    scalar('WEBSERVER_ERROR_LOG', 'never', () => undefined),
    scalar('MSC_PCRE_ERROR', 'never', () => '0'),
    scalar('MSC_PCRE_LIMITS_EXCEEDED', 'never', () => '0'),
  ];
}

function argumentVariables(): Entry[] {
  const get = (state: State): readonly NamedValue[] => state.query.arguments;
  const post = ({ content }: State): readonly NamedValue[] => content.arguments;
  const all = (state: State): readonly NamedValue[] =>
    state.content.arguments.length === 0 ? get(state) : [...get(state), ...post(state)];
  return [
    collection('ARGS', 'body', (state) => values('ARGS', all(state))),
    collection('ARGS_NAMES', 'body', (state) => names('ARGS_NAMES', all(state))),
    collection('ARGS_GET', 'never', (state) => values('ARGS_GET', get(state))),
    collection('ARGS_GET_NAMES', 'never', (state) => names('ARGS_GET_NAMES', get(state))),
    collection('ARGS_POST', 'body', (state) => values('ARGS_POST', post(state))),
    collection('ARGS_POST_NAMES', 'body', (state) => names('ARGS_POST_NAMES', post(state))),
    scalar('ARGS_COMBINED_SIZE', 'body', (state) => String(combinedSize(all(state)))),
    scalar('URLENCODED_ERROR', 'body', (state) => flag(state.query.isInvalid || state.isBodyInvalid)),
  ];
}

function bodyVariables(): Entry[] {
  return [
    scalar('REQUEST_BODY', 'body', ({ requestBody }) => requestBody),
    scalar('REQUEST_BODY_LENGTH', 'body', ({ requestBodyLength }) => String(requestBodyLength)),
    scalar('INBOUND_DATA_ERROR', 'body', ({ isRequestCut }) => flag(isRequestCut)),
    scalar('FULL_REQUEST', 'body', fullRequest),
    scalar('FULL_REQUEST_LENGTH', 'body', (state) => String(fullRequest(state).length)),
    ...['REQBODY_ERROR', 'REQBODY_PROCESSOR_ERROR'].map((name) =>
      scalar(name, 'body', (state) => flag(state.bodyFault !== undefined)),
    ),
    ...['REQBODY_ERROR_MSG', 'REQBODY_PROCESSOR_ERROR_MSG'].map((name) =>
      scalar(name, 'body', (state) => state.bodyFault ?? ''),
    ),
    scalar('REQBODY_PROCESSOR', 'always', ({ processor }) => processor ?? ''),
    collection('FILES', 'body', ({ content }) =>
      content.files.map(({ name, fileName }) => ({ variable: 'FILES', key: name, value: fileName })),
    ),
    collection('MULTIPART_FILENAME', 'body', ({ content }) =>
      content.files.map(({ name, fileName }) => ({
        variable: 'MULTIPART_FILENAME',
        key: name,
        value: fileName,
      })),
    ),
    ...['FILES_NAMES', 'MULTIPART_NAME'].map((variable) =>
      collection(variable, 'body', ({ content }) =>
        content.files.map(({ name }) => ({ variable, key: name, value: name })),
      ),
    ),
    collection('FILES_SIZES', 'body', ({ content }) =>
      content.files.map(({ name, size }) => ({ variable: 'FILES_SIZES', key: name, value: String(size) })),
    ),
    scalar('FILES_COMBINED_SIZE', 'body', ({ content }) =>
      String(content.files.reduce((sum, { size }) => sum + size, 0)),
    ),
    // Uploads are not written to files.
    collection('FILES_TMPNAMES', 'never', () => []),
    collection('FILES_TMP_CONTENT', 'never', () => []),
    collection('MULTIPART_PART_HEADERS', 'body', ({ content }) =>
      values('MULTIPART_PART_HEADERS', content.partHeaders),
    ),
    collection('XML', 'body', ({ content: { xml } }) =>
      xml === undefined
        ? []
        : [
            { variable: 'XML', key: '/*', value: xml.text },
            ...xml.attributes.map((value) => ({ variable: 'XML', key: '//@*', value })),
          ],
    ),
  ];
}

function multipartFlags(): Entry[] {
  const flags: readonly MultipartFlag[] = [
    'STRICT_ERROR',
    'UNMATCHED_BOUNDARY',
    'BOUNDARY_QUOTED',
    'BOUNDARY_WHITESPACE',
    'DATA_BEFORE',
    'DATA_AFTER',
    'HEADER_FOLDING',
    'LF_LINE',
    'CRLF_LF_LINES',
    'MISSING_SEMICOLON',
    'INVALID_QUOTING',
    'INVALID_PART',
    'INVALID_HEADER_FOLDING',
    'FILE_LIMIT_EXCEEDED',
  ];
  const entry = (name: string, one: MultipartFlag): Entry =>
    scalar(`MULTIPART_${name}`, 'body', ({ content }) => flag(content.flags.has(one)));
  return [...flags.map((one) => entry(one, one)), entry('SEMICOLON_MISSING', 'MISSING_SEMICOLON')];
}

function responseVariables(): Entry[] {
  const inResponse = (state: State, name: string): string | undefined =>
    state.response && fieldValue(state.response.fields, name);
  return [
    scalar('RESPONSE_STATUS', 'response', ({ response }) => numeric(response?.status)),
    scalar('RESPONSE_PROTOCOL', 'response', ({ response }) => response?.protocol),
    scalar(
      'STATUS_LINE',
      'response',
      ({ response }) => response && `${response.protocol} ${response.status} ${response.reason ?? ''}`.trim(),
    ),
    scalar('RESPONSE_CONTENT_TYPE', 'response', (state) => inResponse(state, 'content-type')),
    scalar('RESPONSE_CONTENT_LENGTH', 'response', (state) => inResponse(state, 'content-length')),
    scalar('RESPONSE_BODY', 'response', ({ responseBody }) => responseBody),
    scalar('OUTBOUND_DATA_ERROR', 'response', ({ isResponseCut }) => flag(isResponseCut)),
    collection('RESPONSE_HEADERS', 'response', ({ response }) =>
      fields('RESPONSE_HEADERS', response?.fields ?? []),
    ),
    collection('RESPONSE_HEADERS_NAMES', 'response', ({ response }) =>
      fieldNames('RESPONSE_HEADERS_NAMES', response?.fields ?? []),
    ),
  ];
}

function matchVariables(): Entry[] {
  return [
    scalar('MATCHED_VAR', 'always', ({ matched }) => matched?.value),
    scalar('MATCHED_VAR_NAME', 'always', ({ matched }) => matched && itemName(matched)),
    collection('MATCHED_VARS', 'always', ({ matchedItems }) =>
      matchedItems.map((item) => ({ variable: 'MATCHED_VARS', key: itemName(item), value: item.value })),
    ),
    collection('MATCHED_VARS_NAMES', 'always', ({ matchedItems }) =>
      matchedItems.map((item) => {
        const name = itemName(item);
        return { variable: 'MATCHED_VARS_NAMES', key: name, value: name };
      }),
    ),
    scalar('HIGHEST_SEVERITY', 'always', ({ highestSeverity }) => String(highestSeverity)),
    collection('RULE', 'always', ruleItems),
    collection('TX', 'always', ({ tx }) => tx.all()),
    collection('ENV', 'always', environment),
    scalar('SESSIONID', 'always', ({ sessionId }) => sessionId),
    scalar('USERID', 'always', ({ userId }) => userId),
  ];
}

function ruleItems({ rule }: State): Item[] {
  if (rule === undefined) return [];
  const { id, rev, severity, links } = rule.source;
  const [{ message, logdata } = {}] = links;
  const members: [string, string | undefined][] = [
    ['id', String(id)],
    ['rev', rev],
    ['severity', numeric(severity)],
    ['msg', message && macroText(message)],
    ['logdata', logdata && macroText(logdata)],
  ];
  return members.flatMap(([key, value]) => (value === undefined ? [] : [{ variable: 'RULE', key, value }]));
}

function environment({ setup, variables: set }: State): Item[] {
  const all = new Map([...Object.entries(setup.environment), ...set]);
  return [...all].map(([key, value]) => ({ variable: 'ENV', key, value }));
}

function storedCollections(): Entry[] {
  return ['GLOBAL', 'IP', 'RESOURCE', 'SESSION', 'USER'].map((name) =>
    collection(name, 'always', (state) => {
      const stored = state.collection(name);
      if (stored === undefined) return [];
      const { created, updated, updates, key } = stored;
      const { now, settings } = state.setup;
      const own: [string, string][] = [
        ['KEY', key],
        ['IS_NEW', flag(updates === 0)],
        ['CREATE_TIME', seconds(created)],
        ['LAST_UPDATE_TIME', seconds(updated)],
        ['TIMEOUT', seconds(settings.collectionLifetime)],
        ['UPDATE_COUNTER', String(updates)],
        ['UPDATE_RATE', String(Math.round((updates * 60_000) / Math.max(now() - created, 1_000)))],
      ];
      const time = now();
      return [
        ...own.map(([member, value]) => ({ variable: name, key: member, value })),
        ...stored.items(name, time),
      ];
    }),
  );
}

function timeVariables(): Entry[] {
  const at = (name: string, read: (date: Date) => string | number): Entry =>
    scalar(name, 'always', ({ setup }) => String(read(new Date(setup.now()))));
  const two = (number: number): string => String(number).padStart(2, '0');
  return [
    // In local time, as rules of working hours are meant.
    at('TIME', (date) => `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`),
    at('TIME_DAY', (date) => date.getDate()),
    at('TIME_HOUR', (date) => date.getHours()),
    at('TIME_MIN', (date) => date.getMinutes()),
    at('TIME_MON', (date) => date.getMonth()),
    at('TIME_SEC', (date) => date.getSeconds()),
    at('TIME_WDAY', (date) => date.getDay()),
    at('TIME_YEAR', (date) => date.getFullYear()),
    scalar('TIME_EPOCH', 'always', ({ setup }) => seconds(setup.now())),
    scalar('DURATION', 'always', ({ setup, started }) => String(Math.round((setup.now() - started) * 1_000))),
  ];
}

function values(variable: string, list: readonly NamedValue[]): Item[] {
  return list.map(({ name, value }) => ({ variable, key: name, value }));
}

function names(variable: string, list: readonly NamedValue[]): Item[] {
  return list.map(({ name }) => ({ variable, key: name, value: name }));
}

function fields(variable: string, list: readonly string[]): Item[] {
  const items: Item[] = [];
  for (let at = 0; at + 1 < list.length; at += 2)
    items.push({ variable, key: list[at]!, value: list[at + 1]! });
  return items;
}

function fieldNames(variable: string, list: readonly string[]): Item[] {
  const items: Item[] = [];
  for (let at = 0; at + 1 < list.length; at += 2) items.push({ variable, key: list[at]!, value: list[at]! });
  return items;
}

const flag = (is: boolean): string => (is ? '1' : '0');
const numeric = (number: number | undefined): string | undefined =>
  number === undefined ? undefined : String(number);
const seconds = (milliseconds: number): string => String(Math.floor(milliseconds / 1_000));
const hostName = (host: string | undefined): string | undefined => host?.replace(/:\d*$/, '');
const authScheme = (field: string | undefined): string | undefined => field && /^[^ ]*/.exec(field)![0];

function combinedSize(list: readonly NamedValue[]): number {
  let size = 0;
  for (const { name, value } of list) size += name.length + value.length;
  return size;
}

function requestLine({ method, target, protocol }: State['request']): string {
  return protocol === '' ? `${method} ${target}` : `${method} ${target} ${protocol}`;
}

function fullRequest({ request, requestBody }: State): string {
  const lines = [requestLine(request)];
  for (let at = 0; at + 1 < request.fields.length; at += 2)
    lines.push(`${request.fields[at]}: ${request.fields[at + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n${requestBody ?? ''}`;
}
