import type { MultipartFlag } from '../../body/content.ts';
import type { State } from '../state.ts';
import { collection, type Entry, flag, scalar } from './entry.ts';
import { values } from './lists.ts';
import { requestLine } from './request.ts';

export function bodyVariables(): Entry[] {
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
    collection('FILES_TMP_CONTENT', 'body', ({ content }) =>
      content.files.map(({ name, head }) => ({ variable: 'FILES_TMP_CONTENT', key: name, value: head })),
    ),
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

export function multipartFlags(): Entry[] {
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

function fullRequest({ request, requestBody }: State): string {
  const lines = [requestLine(request)];
  for (let at = 0; at + 1 < request.fields.length; at += 2)
    lines.push(`${request.fields[at]}: ${request.fields[at + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n${requestBody ?? ''}`;
}
