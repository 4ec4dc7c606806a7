/** The parts of a request target, none of them decoded. */
export interface TargetParts {
  /** REQUEST_URI: without scheme and authority. */
  readonly uri: string;
  /** REQUEST_FILENAME. */
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
  if (mark < 0) return { uri, path: whole, query: '' };
  return { uri, path: whole.slice(0, mark), query: whole.slice(mark + 1) };
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
