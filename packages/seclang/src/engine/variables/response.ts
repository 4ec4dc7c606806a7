import { fieldValue } from '../request.ts';
import type { State } from '../state.ts';
import { collection, type Entry, flag, numeric, scalar } from './entry.ts';
import { fieldNames, fields } from './lists.ts';

export function responseVariables(): Entry[] {
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
