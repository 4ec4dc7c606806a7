import type { Fields } from './http/fields.ts';
import type { JsonLimits } from './http/json-limits.ts';
import type { ProblemName } from './problems/catalogue.ts';
import type { Api, Operation } from './routing/apis.ts';

/** What is known from the request's head, before anybody looked at who calls. */
export interface Head {
  /** The request id: ours, or the caller's where it may choose one. */
  readonly id: string;
  readonly method: string;
  /** Canonical path (docs/requests.md); also what is forwarded. */
  readonly path: string;
  /** Without the question mark; empty when there is none. */
  readonly query: string;
  readonly scheme: 'http' | 'https';
  /** Host and, unless it is the default one, port: `api.example.com:8443`. */
  readonly authority: string;
  /** Lower-cased host without port. */
  readonly host: string;
  readonly httpVersion: '1.0' | '1.1' | '2';
  readonly fields: Fields;
  /** The target as it stood on the wire, for who looks for what reading it strictly hides. */
  readonly rawTarget: string;
  /** The fields in the same way: name and value by turns, in their order and spelling, without pseudo-fields. */
  readonly rawFields: readonly string[];
  /** The other end of the connection. */
  readonly peerAddress: string;
  /** The client itself: the peer, or what a trusted proxy said of it. */
  readonly clientAddress: string;
  /** What the client showed in the TLS handshake, where the listener asks for it; nobody has judged who issued it. */
  readonly clientCertificate: ClientCertificate | undefined;
  /** The request asks for the connection to become a WebSocket (RFC 6455, RFC 8441), of which nothing is seen then. */
  readonly upgrade: 'websocket' | undefined;
  readonly api: Api | undefined;
  readonly operation: Operation | undefined;
  /** Values of the path template in the order of `operation.parameterNames`, percent-decoded. */
  readonly pathValues: readonly string[];
  /** Milliseconds since the epoch at which the head was complete. */
  readonly receivedAt: number;
  /** Adds a field to whatever reply the caller gets, a refusal included. */
  addReplyField(name: string, value: string): void;
  /** The same, in the place of what was added under the name before. */
  setReplyField(name: string, value: string): void;
  /** What was added under the name so far. */
  addedReplyField(name: string): string | undefined;
  /** Adds a member to the exchange record; never give it a secret. */
  note(name: string, value: string | number | boolean | readonly string[]): void;
}

/** The certificate of a client, which has shown that it has the key to it. */
export interface ClientCertificate {
  /** DER. */
  readonly raw: Buffer;
  /** SHA-256 of it, base64url, as tokens name it (RFC 8705 section 3.1). */
  readonly thumbprint: string;
  /**
   * Certificates of authorities that came along with it, DER, bounded in number; nobody has judged them either. A resumed
   * session has none.
   */
  readonly chain?: readonly Buffer[];
}

/** Who calls. */
export interface Principal {
  /** Name of the authenticator that vouches for it. */
  readonly authenticator: string;
  readonly kind: 'jwt' | 'api-key' | 'certificate' | 'password' | 'custom';
  /** `sub` of a token, or of a client that acts for itself its id; the subject of a key, certificate or user. */
  readonly subject: string;
  /** `client_id` or `azp` of a token; the id of a key. */
  readonly client: string | undefined;
  readonly scopes: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Of an API key: what rate-limit holds it to besides what it says itself. */
  readonly limits?: readonly OwnLimit[];
  /** Who else vouches for the request, where `authentication` asks for several together (`allOf`). */
  readonly also?: readonly Principal[];
}

/** A limit that a caller brings along, as an API key may have some. */
export interface OwnLimit {
  /** Shown to callers. Limits of a configuration have no `/` in their names. */
  readonly name: string;
  readonly quota: number;
  /** Milliseconds. */
  readonly window: number;
  /** What has the count, on all APIs together. */
  readonly counter: string;
}

export interface Known {
  /** Undefined where the API lets anybody in. */
  readonly principal: Principal | undefined;
}

/** The body as it arrived, whole. */
export interface Body {
  /** False when the head says that none follows. */
  readonly hasBody: boolean;
  /** Undefined when there is none, or when it flows past: a policy that has to see it says so in `needsBody`. */
  readonly body: Buffer | undefined;
  /** The first bytes of a body that flows past, 64 KiB or more; where `needsBeginning` asked for them. */
  readonly beginning: Buffer | undefined;
  /** Bytes that a body may have in memory. */
  readonly heldSize: number;
  /** What JSON in a body is bounded by. */
  readonly jsonLimits: JsonLimits;
  /** The body as JSON, parsed once for all policies; throws JsonFault when it is none. */
  json(): unknown;
}

/** What is about to be sent to the upstream. */
export interface UpstreamRequest {
  readonly upstreamFields: Fields;
  /** Without the question mark; a policy may put another one in its place. */
  upstreamQuery: string;
}

/** What is about to be sent to the caller. */
export interface Reply {
  readonly status: number;
  readonly replyFields: Fields;
  /** The service answered; false for a reply of the gateway itself, a refusal for example. */
  readonly fromUpstream: boolean;
}

/** The content of the reply, whole and unencoded; what `needsReply` asked for. */
export interface ReplyBody {
  readonly replyBody: Buffer;
}

/** A verdict that a policy in `monitor` gave, or a fault that was let pass. */
export interface Observation {
  readonly policy: string;
  readonly problem: ProblemName;
  readonly reason: string | undefined;
}

/** The exchange when it is over: what invariant 5 promises to keep of it. */
export interface Ended extends Head, Known {
  readonly status: number;
  readonly refusal:
    | { readonly policy: string; readonly problem: ProblemName; readonly reason: string | undefined }
    | undefined;
  readonly observations: readonly Observation[];
  readonly notes: Readonly<Record<string, string | number | boolean | readonly string[]>> | undefined;
  /** Milliseconds from the complete head to the end of the reply. */
  readonly duration: number;
  readonly requestBytes: number;
  readonly replyBytes: number;
  readonly traceId: string;
  readonly upstream: UpstreamOutcome | undefined;
  /** The caller went away, or the reply broke off. */
  readonly aborted: boolean;
}

export interface UpstreamOutcome {
  readonly target: string;
  readonly attempts: number;
  readonly status: number | undefined;
  /** Milliseconds until the head of its reply. */
  readonly duration: number | undefined;
  /** Code of the error, when it failed. */
  readonly error: string | undefined;
}

/** Ends the exchange with a problem of the catalogue (RFC 9457). */
export interface Refuse {
  readonly kind: 'refuse';
  readonly problem: ProblemName;
  /** One sentence for the caller about this very request; the catalogue's own when absent. */
  readonly detail?: string;
  /** Extension members of the problem document (RFC 9457 section 3.2). */
  readonly members?: Readonly<Record<string, unknown>>;
  /** Reply fields, name and value by turns: challenges, Allow, Retry-After. */
  readonly fields?: readonly string[];
  /** For the record only: which rule, and why. */
  readonly reason?: string;
}

/** Ends the exchange with a reply that is no refusal, such as one to a CORS preflight. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  /** Name and value by turns. */
  readonly fields: readonly string[];
  readonly body?: string;
}

/** Where the client really is, as a trusted proxy says. */
export interface Located {
  readonly kind: 'located';
  readonly address: string;
  readonly scheme: 'http' | 'https' | undefined;
  readonly host: string | undefined;
}

/** Somebody vouches for the caller. */
export interface Identified {
  readonly kind: 'identified';
  readonly principal: Principal;
}

/** The content goes on in another form: of the request in the phase `body`, of the reply in the phase `reply`. */
export interface Rewritten {
  readonly kind: 'rewritten';
  readonly body: Buffer;
  /** Of a request: its Content-Encoding was undone. */
  readonly decoded?: boolean;
  /** Of a request, where it has another one now. */
  readonly contentType?: string;
  /** What was found in it and goes on all the same. */
  readonly report?: Finding;
  /**
   * Of a request: the policies of the phase that came before judge the content once more, as what goes upstream is what
   * was judged.
   */
  readonly judgedAnew?: true;
}

/** Something that is recorded and stops nothing. */
export interface Finding {
  readonly problem: ProblemName;
  readonly reason: string;
}

/** The content goes on as it is; what was found in it is recorded. */
export interface Report extends Finding {
  readonly kind: 'report';
}

export function refuse(problem: ProblemName, more?: Omit<Refuse, 'kind' | 'problem'>): Refuse {
  return { kind: 'refuse', problem, ...more };
}
