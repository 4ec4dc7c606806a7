/** What kind of program a client is, which decides where it may be sent back to. */
export type RedirectKind = 'web' | 'native';

const longest = 2000;
const loopbacks: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Schemes that a browser runs, shows or reads by itself instead of handing them to an application. */
const dangerous: ReadonlySet<string> = new Set(
  [
    'javascript',
    'vbscript',
    'data',
    'blob',
    'file',
    'about',
    'ftp',
    'ws',
    'wss',
    'mailto',
    'view-source',
  ].map((name) => `${name}:`),
);

/**
 * What is wrong with a URI that a client wants to be sent back to, for whoever registers it; undefined for a good one. It is
 * compared to the letter later on (RFC 9700 section 4.1.3), so that one that could be read in two ways is refused here.
 *
 * A web client takes https, and http to this machine for trying out. A native one takes https, http to this machine, where
 * any port will do later on (RFC 8252 section 7.3), and a scheme of its own with a dot in it (section 7.1).
 */
export function redirectUriFault(uri: string, kind: RedirectKind): string | undefined {
  if (uri.length > longest) return `is longer than ${longest} characters`;
  if (!/^[\x21-\x7e]+$/.test(uri)) return 'must be ASCII without spaces; encode what is not';
  const parsed = URL.parse(uri);
  if (parsed === null) return 'is no absolute URI';
  if (/[*\\<>"`{}|^]/.test(uri)) return 'must not have wildcards, backslashes, quotes or brackets';
  if (uri.includes('#')) return 'must not have a fragment';
  const { protocol } = parsed;
  if (protocol === 'https:' || protocol === 'http:') return webFault(uri, parsed);
  if (kind === 'web') return 'must be https';
  if (dangerous.has(protocol)) return `must not use the scheme ${protocol}`;
  // Without the dot any program could claim it, and two would.
  if (!protocol.includes('.'))
    return 'must use a scheme like com.example.app:, the reverse of a domain of yours';
  return undefined;
}

function webFault(uri: string, { protocol, username, password, hostname, href }: URL): string | undefined {
  if (username !== '' || password !== '') return 'must not have a user or password';
  if (protocol === 'http:' && !loopbacks.has(hostname))
    return 'must be https, unless it leads to this machine';
  // Another spelling of the same place: dot segments, an upper-case host, the default port, a missing slash.
  if (href !== uri) return `must be written ${href}`;
  return undefined;
}
