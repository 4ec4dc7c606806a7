/** The parts of a request target. */
export interface TargetParts {
  /** REQUEST_URI: without scheme and authority. */
  readonly uri: string;
  /** REQUEST_FILENAME: decoded once, as Apache and libmodsecurity hand it to rules. The others are as they were sent. */
  readonly path: string;
  /** QUERY_STRING; empty without one. */
  readonly query: string;
}

/**
 * Takes the target apart (RFC 9112, section 3.2). What is no path (`*`, an authority) counts as one, so that rules see it.
 * A fragment, which a client must not send, stays in the URI and is no part of the query.
 */
export function targetParts(target: string): TargetParts {
  const uri = target.startsWith('/') ? target : originForm(target);
  const fragment = uri.indexOf('#');
  const whole = fragment < 0 ? uri : uri.slice(0, fragment);
  const mark = whole.indexOf('?');
  if (mark < 0) return { uri, path: decoded(whole), query: '' };
  return { uri, path: decoded(whole.slice(0, mark)), query: whole.slice(mark + 1) };
}

/** Without the meaning that a plus sign has in forms. */
function decoded(path: string): string {
  if (!path.includes('%')) return path;
  return path.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

function originForm(target: string): string {
  const prefix = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*/.exec(target);
  if (prefix === null) return target;
  const rest = target.slice(prefix[0].length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** REQUEST_BASENAME: what stands behind the last slash of either kind. */
export function basename(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
