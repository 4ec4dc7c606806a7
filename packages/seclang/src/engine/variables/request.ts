import { fieldValue } from '../request.ts';
import type { State } from '../state.ts';
import { basename } from '../target.ts';
import { collection, type Entry, numeric, scalar } from './entry.ts';
import { fieldNames, fields, names, values } from './lists.ts';

export function requestVariables(): Entry[] {
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

const hostName = (host: string | undefined): string | undefined => host?.replace(/:\d*$/, '');
const authScheme = (field: string | undefined): string | undefined => field && /^[^ ]*/.exec(field)![0];

export function requestLine({ method, target, protocol }: State['request']): string {
  return protocol === '' ? `${method} ${target}` : `${method} ${target} ${protocol}`;
}
