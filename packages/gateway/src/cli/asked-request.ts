import { nearest } from '../config/suggest.ts';
import { UsageFault } from './command.ts';

/** A request as the operator names it. Nothing in it is canonical yet: how it is read is part of the answer. */
export interface AskedRequest {
  readonly method: string;
  readonly url: string;
  readonly scheme: 'http' | 'https';
  /** As written, `localhost:8443`. */
  readonly authority: string;
  /** Path and query as written; `/` when there is none. */
  readonly target: string;
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'];

/**
 * Takes a URL apart without repairing it, as the WHATWG parser of Node would: it resolves `/a/../b` and encodes a
 * backslash, so that what an attacker sends could not be asked about.
 * @throws UsageFault that says how to write it
 */
export function readRequest(method: string | undefined, url: string | undefined): AskedRequest {
  if (method === undefined || url === undefined) {
    throw new UsageFault(
      'say which request: portcullis explain METHOD URL, such as GET https://localhost:8443/books',
    );
  }
  if (/^https?:/i.test(method))
    throw new UsageFault(`write the method first: portcullis explain ${url.toUpperCase()} ${method}`);
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/.test(method))
    throw new UsageFault(`"${method}" is no method of HTTP`);
  const parts = /^(https?):\/\/([^/?#]*)(.*)$/is.exec(url);
  if (parts === null) throw new UsageFault(schemeFault(url));
  const [, scheme = '', authority = '', rest = ''] = parts;
  const target = rest.startsWith('/') ? rest : `/${rest}`;
  return {
    method: spelled(method),
    url,
    scheme: scheme.toLowerCase() === 'https' ? 'https' : 'http',
    authority,
    target,
  };
}

/** Methods are case-sensitive (RFC 9110 section 9.1), but who types one here means the standard one. */
function spelled(method: string): string {
  const upper = method.toUpperCase();
  if (methods.includes(upper)) return upper;
  const near = nearest(upper, methods);
  if (near !== undefined)
    throw new UsageFault(`"${method}" is no method that APIs use; did you mean ${near}?`);
  return method;
}

function schemeFault(url: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1];
  if (scheme !== undefined)
    return `the gateway serves http and https, not ${scheme}${/^wss?$/i.test(scheme) ? '; a WebSocket begins as GET of the same https URL' : ''}`;
  const example = url.startsWith('/') ? `https://localhost:8443${url}` : `https://${url}`;
  return `the URL needs a scheme and a host, such as ${example}`;
}
