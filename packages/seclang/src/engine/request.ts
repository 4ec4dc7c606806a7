/**
 * A request as it arrived, before anything was normalised: what a parser hides, rules cannot see. All texts are latin1
 * strings, one character for each byte.
 */
export interface RequestHead {
  readonly method: string;
  /** The request target as it was sent. */
  readonly target: string;
  /** `HTTP/1.1`. */
  readonly protocol: string;
  /** Names and values in turn, in the order in which they arrived, duplicates and all. */
  readonly fields: readonly string[];
  readonly peerAddress: string;
  readonly peerPort?: number;
  readonly serverAddress?: string;
  readonly serverPort?: number;
  /** UNIQUE_ID; one is made up where it is needed and not given. */
  readonly id?: string;
  /** REMOTE_USER, where somebody has authenticated the request. */
  readonly user?: string;
}

export interface ResponseHead {
  readonly status: number;
  readonly protocol: string;
  readonly reason?: string;
  /** As in the request. */
  readonly fields: readonly string[];
}

/** The first value of a field, its name in small letters. */
export function fieldValue(fields: readonly string[], name: string): string | undefined {
  for (let at = 0; at + 1 < fields.length; at += 2)
    if (fields[at]!.length === name.length && fields[at]!.toLowerCase() === name) return fields[at + 1];
  return undefined;
}
