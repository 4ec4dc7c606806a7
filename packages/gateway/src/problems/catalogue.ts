/** One way to be refused. The docs under docs/problems/ are generated from these entries. */
export interface ProblemEntry {
  readonly status: number;
  readonly title: string;
  /** What the caller reads when the policy has nothing more specific to say. */
  readonly detail: string;
  /** What the caller can do about it. */
  readonly remedy: string;
  /** What the operator can do when the refusal was not meant. */
  readonly operator: string;
  /** The connection cannot be trusted any more, or is not worth keeping. */
  readonly close?: true;
}

const entries = {
  'malformed-request': {
    status: 400,
    title: 'Malformed request',
    detail: 'The request is not well-formed HTTP.',
    remedy:
      'Send one framing (Content-Length or chunked), one Host and fields without control characters; an HTTP library does so by itself.',
    operator: 'The record names the rule. docs/requests.md lists what is refused and why.',
    close: true,
  },
  'malformed-target': {
    status: 400,
    title: 'Malformed request target',
    detail: 'The path or the query of the request can be read in more than one way.',
    remedy:
      'Send the path in its plain form: no dot segments, no encoded slashes, no empty segments, percent-encoded UTF-8.',
    operator:
      'docs/requests.md lists each form that is refused. There is no switch: an ambiguous path defeats every rule about paths.',
    close: true,
  },
  'header-timeout': {
    status: 408,
    title: 'Request head too slow',
    detail: 'The head of the request did not arrive in time.',
    remedy: 'Send the whole head at once.',
    operator: 'Raise listen.headTimeout if honest clients are this slow.',
    close: true,
  },
  'body-timeout': {
    status: 408,
    title: 'Request body too slow',
    detail: 'The body of the request stopped arriving.',
    remedy: 'Send the body without pauses, or in smaller requests.',
    operator: 'Raise request-limits.bodyTimeout or lower request-limits.minimumBodyRate.',
    close: true,
  },
  'target-too-long': {
    status: 414,
    title: 'Request target too long',
    detail: 'The path and query together are longer than this API takes.',
    remedy: 'Send long values in a body.',
    operator: 'Raise request-limits.target.',
    close: true,
  },
  'fields-too-large': {
    status: 431,
    title: 'Request header fields too large',
    detail: 'There are too many header fields, or one of them is too long.',
    remedy: 'Send fewer or shorter fields; large cookies are the usual cause.',
    operator: 'Raise request-limits.fieldCount, fieldSize or fieldsSize.',
    close: true,
  },
  'query-too-large': {
    status: 400,
    title: 'Too many query parameters',
    detail: 'The query has more parameters than this API takes.',
    remedy: 'Send fewer parameters.',
    operator: 'Raise request-limits.queryCount.',
  },
  'body-too-large': {
    status: 413,
    title: 'Content too large',
    detail: 'The body of the request is larger than this API takes.',
    remedy: 'Send less at once.',
    operator: 'Raise request-limits.body, or request-limits.inspectedBody where the body is validated.',
    close: true,
  },
  'expectation-failed': {
    status: 417,
    title: 'Expectation failed',
    detail: 'The only expectation that this gateway meets is 100-continue.',
    remedy: 'Leave the Expect field out.',
    operator: 'Nothing to set (RFC 9110 section 10.1.1).',
  },
  'misdirected-request': {
    status: 421,
    title: 'Misdirected request',
    detail: 'The connection was opened for another host.',
    remedy:
      'Send the request over a new connection that is opened for its host, by that name (SNI); with curl, by --connect-to and not by a Host of your own.',
    operator:
      'The certificate of the connection is not valid for the host. docs/requests.md has the rules. A proxy that opens the connection belongs in trustedProxies.',
  },
  'api-unknown': {
    status: 404,
    title: 'Not found',
    detail: 'No API is published at this host and path.',
    remedy: 'Check the host and the path.',
    operator: 'Compare with apis.<name>.hosts and basePath; portcullis explain shows what a request meets.',
  },
  'path-unknown': {
    status: 404,
    title: 'Not found',
    detail: 'The API defines no such path.',
    remedy: 'Check the path against the documentation of the API.',
    operator: 'Add the path to the OpenAPI definition if it should be served.',
  },
  'method-unknown': {
    status: 405,
    title: 'Method not allowed',
    detail: 'The API defines this path, but not with this method.',
    remedy: 'Use one of the methods that the Allow field lists.',
    operator: 'Add the method to the OpenAPI definition if it should be served.',
  },
  'address-refused': {
    status: 403,
    title: 'Not allowed from here',
    detail: 'Requests from this address are not accepted.',
    remedy: 'Call from a network that has access, or ask for access.',
    operator: 'The record names the address and the rule of ip-access.',
  },
  'region-refused': {
    status: 403,
    title: 'Not allowed from here',
    detail: 'Requests from this region are not accepted.',
    remedy: 'Call from a region that has access, or ask for access.',
    operator: 'The record names the region and the list of region-access; regions come from its database.',
  },
  'hours-refused': {
    status: 403,
    title: 'Not at this time',
    detail: 'Requests are not accepted at this time.',
    remedy: 'Call during the opening hours of the API.',
    operator: 'The hours are in access-hours.',
  },
  'origin-refused': {
    status: 403,
    title: 'Origin not allowed',
    detail: 'Pages of this origin may not call the API.',
    remedy: 'Call from a page of an allowed origin.',
    operator: 'Add the origin to cors.origins.',
  },
  'credential-missing': {
    status: 401,
    title: 'Authentication required',
    detail: 'The request carries no credential.',
    remedy: 'Send one of the credentials that the WWW-Authenticate field names.',
    operator: 'authentication: none opens an API to everybody.',
  },
  'credential-invalid': {
    status: 401,
    title: 'Credential not accepted',
    detail: 'The credential is not valid here.',
    remedy: 'Obtain a new credential; check that it was issued for this API and has not expired.',
    operator: 'The record says exactly what was wrong with it; the caller is not told.',
  },
  'credential-expired': {
    status: 401,
    title: 'Credential has expired',
    detail: 'The credential was good for a limited time, which is over.',
    remedy: 'Obtain a new credential, with the refresh token if there is one.',
    operator:
      'Clocks that disagree by more than authenticators.<name>.clockTolerance make fresh tokens look old.',
  },
  'proof-invalid': {
    status: 401,
    title: 'Proof of possession not accepted',
    detail: 'The credential is bound to a key, and the request does not show that its sender has it.',
    remedy:
      'Make a DPoP proof for this very request, with the nonce of the DPoP-Nonce field where there is one (RFC 9449), or connect with the client certificate that the credential is bound to (RFC 8705).',
    operator:
      'The record says exactly what was wrong with the proof; the caller is not told. Certificates are only seen with listen.https.clientCertificates.',
  },
  'authentication-insufficient': {
    status: 401,
    title: 'Stronger authentication required',
    detail: 'The way or the time in which the person was authenticated is not enough for this operation.',
    remedy:
      'Send the person to the authorization server with the acr_values and max_age of the WWW-Authenticate field (RFC 9470).',
    operator: 'The record says what was lacking; authentication.stepUp says what is needed.',
  },
  'attempts-exceeded': {
    status: 429,
    title: 'Too many attempts',
    detail: 'There were too many attempts with credentials that are not valid; this one was not looked at.',
    remedy:
      'Wait for the seconds in Retry-After, and check the username and the password before trying again.',
    operator:
      'The record says whether the account, the address or both together have used up their attempts. Whoever is known already from an address is not kept out by attempts from elsewhere.',
  },
  'credential-ambiguous': {
    status: 400,
    title: 'More than one credential',
    detail: 'The request carries more than one credential.',
    remedy: 'Send exactly one (RFC 6750 section 2).',
    operator: 'Which of two would count is something an attacker could choose; there is no switch.',
  },
  'credential-unverifiable': {
    status: 503,
    title: 'Credentials cannot be verified at present',
    detail: 'What the credential is verified with is not available.',
    remedy: 'Try again after the time in Retry-After.',
    operator:
      'The issuer could not be asked for its keys, or about the token; the gateway log says why. Or more passwords came at once than can be hashed; then the record says basic-busy. It recovers by itself.',
  },
  'scope-insufficient': {
    status: 403,
    title: 'Scope missing',
    detail: 'The credential does not carry the scope that this operation needs.',
    remedy:
      'Obtain a credential with the scope that the WWW-Authenticate field names; where it names none, one of another kind is needed.',
    operator: 'Scopes come from the security of the operation in the OpenAPI definition.',
  },
  'role-insufficient': {
    status: 403,
    title: 'Role missing',
    detail: 'The caller does not have a role that may do this.',
    remedy: 'Ask an administrator for the role.',
    operator:
      'Roles are asked for in authorization, by API or operation; portcullis access shows which role may call what.',
  },
  'permission-insufficient': {
    status: 403,
    title: 'Permission missing',
    detail: 'No role of the caller has the permission that this operation needs.',
    remedy: 'Ask an administrator for a role that has it.',
    operator:
      'Permissions belong to roles in roles, and are asked for in authorization; the record names the one that is missing.',
  },
  'condition-unmet': {
    status: 403,
    title: 'Condition not met',
    detail: 'A condition of this operation is not met.',
    remedy: 'Ask the operator of the API which condition it is.',
    operator:
      'The record has the condition (when in authorization), and why it could not be decided where it could not.',
  },
  denied: {
    status: 403,
    title: 'Denied',
    detail: 'The caller is denied this operation.',
    remedy: 'Ask the operator of the API.',
    operator: 'An entry of deny in authorization fits the caller, and deny wins; the record has the entry.',
  },
  'object-refused': {
    status: 403,
    title: 'Not your object',
    detail: 'The caller may do this with objects of its own only.',
    remedy: 'Use the identifier that your credential is for.',
    operator:
      'The record names the entry of authorization.bind; exempt a role from it with except. Whether there is such an object was not looked at.',
  },
  'field-refused': {
    status: 403,
    title: 'Field not allowed',
    detail: 'The caller may not have or change one of the fields.',
    remedy: 'Leave the field out.',
    operator: 'The record names the entry of authorization.fields and says whether request or reply had it.',
  },
  'not-decided': {
    status: 403,
    title: 'Not allowed',
    detail: 'No rule allows this operation.',
    remedy: 'Ask the operator of the API for access.',
    operator:
      'Everything that no rule allows is refused: give the operation a security entry, or an entry in authorization.operations.',
  },
  'quota-exceeded': {
    status: 429,
    title: 'Too many requests',
    detail: 'The limit for requests is used up.',
    remedy: 'Wait for the seconds in Retry-After; the RateLimit fields of every reply show what is left.',
    operator: 'The problem names the limit, see rate-limit.',
  },
  'parameters-invalid': {
    status: 400,
    title: 'Parameters not valid',
    detail: 'The parameters do not match the definition of the API.',
    remedy: 'Correct what the list of errors names.',
    operator: 'The OpenAPI definition is the rule; openapi-validation can run in mode: monitor first.',
  },
  'body-invalid': {
    status: 400,
    title: 'Body not valid',
    detail: 'The body does not match the definition of the API.',
    remedy: 'Correct what the list of errors names.',
    operator: 'The OpenAPI definition is the rule; openapi-validation can run in mode: monitor first.',
  },
  'content-dangerous': {
    status: 400,
    title: 'Markup that scripts',
    detail: 'The request has text with markup that runs in a browser where it is shown.',
    remedy:
      'Send text without scripts, event handlers and javascript: URLs; the list of errors says where it is.',
    operator:
      'Have fields that take HTML cleaned (x-portcullis-sanitize: html), or set sanitising.dangerous to report or off.',
  },
  'attack-suspected': {
    status: 403,
    title: 'Request refused',
    detail: 'The request looks like an attack.',
    remedy: 'If it was none, tell the operator of the API the request id.',
    operator:
      'The record names the rules that matched, and where. If they are wrong about this API, exclude them there (waf.exclude).',
  },
  'body-unreadable': {
    status: 400,
    title: 'Body not readable',
    detail: 'The body is not well-formed, or can be read in more than one way.',
    remedy: 'Send a body that is what its Content-Type says, written by a library.',
    operator: 'waf.maxArguments bounds how many values a body may have.',
  },
  'graphql-invalid': {
    status: 400,
    title: 'GraphQL request not valid',
    detail: 'The request is none that the GraphQL endpoint takes.',
    remedy: 'Correct what the list of errors names.',
    operator:
      'The record says what was wrong. What may be asked for is said by graphql.schema; graphql can run in mode: monitor first.',
  },
  'graphql-limit': {
    status: 400,
    title: 'GraphQL request too large',
    detail: 'The operation asks for more than the GraphQL endpoint gives at once.',
    remedy: 'Ask for less in one request: fewer fields, fewer levels, fewer items.',
    operator:
      'The list of errors names the limit, which is an option of graphql, and how much was asked for.',
  },
  'graphql-operation-unknown': {
    status: 404,
    title: 'Operation not known',
    detail: 'The GraphQL endpoint knows no such operation.',
    remedy: 'Send one of the operations that are published with the API.',
    operator:
      'Operations are in graphql.persisted.file; with only: false others are taken as well, by their text.',
  },
  'introspection-refused': {
    status: 403,
    title: 'Introspection not allowed',
    detail: 'The caller may not ask for the schema.',
    remedy: 'Take the schema from the documentation of the API, or ask for a role that may.',
    operator: 'graphql.introspection says who may; the default is nobody.',
  },
  'media-type-unsupported': {
    status: 415,
    title: 'Media type not supported',
    detail: 'The operation does not take a body of this Content-Type.',
    remedy: 'Send one of the media types that the Accept field of the reply lists.',
    operator: 'Media types come from the requestBody of the operation in the OpenAPI definition.',
  },
  'content-coding-unsupported': {
    status: 415,
    title: 'Content coding not supported',
    detail: 'The body is compressed in a way that cannot be undone here, and must be readable.',
    remedy:
      'Send the body without Content-Encoding, or in one of those that the Accept-Encoding field of the reply lists.',
    operator:
      'openapi-validation undoes gzip and deflate of bodies that are held; other policies need them unencoded.',
  },
  'policy-fault': {
    status: 500,
    title: 'The gateway could not decide',
    detail: 'A check of the gateway failed, so the request was not let through.',
    remedy: 'Try again later; tell the operator the request id if it stays.',
    operator:
      'The gateway log has the fault under the request id. Policies whose onFault is refuse never let a request pass unchecked.',
  },
  'upstream-unreachable': {
    status: 502,
    title: 'Service unreachable',
    detail: 'The service behind the gateway could not be reached.',
    remedy: 'Try again later.',
    operator: 'The record has the cause: refused connection, name not found, certificate not trusted.',
  },
  'upstream-failed': {
    status: 502,
    title: 'Service failed',
    detail: 'The service behind the gateway broke off or sent something that is not HTTP.',
    remedy: 'A request that changes something may have taken effect; check before repeating it.',
    operator: 'The record has the cause. What may have been carried out is not repeated.',
  },
  'reply-unverifiable': {
    status: 502,
    title: 'Reply could not be checked',
    detail: 'What the service answered could not be checked, and was not passed on.',
    remedy: 'A request that changes something may have taken effect; check before repeating it.',
    operator:
      'A rule looks into the replies of this operation, which have to be whole and without a Content-Encoding, no longer than the policy holds (largestReply, maxSize), and for rules about fields JSON; the record says which policy it was and what was in the way.',
  },
  'reply-invalid': {
    status: 502,
    title: 'Reply not valid',
    detail: 'What the service answered is not what its API promises, and was not passed on.',
    remedy: 'A request that changes something may have taken effect; check before repeating it.',
    operator:
      'The record says where the reply differs from the OpenAPI definition. Correct the service or the definition; response-validation can report instead of refusing.',
  },
  'reply-withheld': {
    status: 502,
    title: 'Reply withheld',
    detail: 'What the service answered must not leave, and was not passed on.',
    remedy: 'A request that changes something may have taken effect; check before repeating it.',
    operator:
      'The record names the rule of leak-protection and the place in the reply. Correct the service, or except the place in the rule.',
  },
  'upstream-timeout': {
    status: 504,
    title: 'Service too slow',
    detail: 'The service behind the gateway did not answer in time.',
    remedy: 'A request that changes something may have taken effect; check before repeating it.',
    operator:
      'Raise upstream.responseTimeout or upstream.idleTimeout if the service is meant to take this long.',
  },
  'upgrade-refused': {
    status: 502,
    title: 'Upgrade refused by the service',
    detail: 'The service behind the gateway did not switch to the WebSocket protocol.',
    remedy: 'Check that this path takes WebSocket connections.',
    operator: 'The record has the status that the service answered with.',
  },
  'oauth-server-unavailable': {
    status: 503,
    title: 'Sign-in not available',
    detail: 'The OAuth server of the gateway does not answer at present.',
    remedy: 'Try again after the time in Retry-After.',
    operator:
      'The gateway log says why. The OAuth server starts again by itself; the APIs go on meanwhile, as they need its keys only.',
  },
  overloaded: {
    status: 503,
    title: 'Too many requests at once',
    detail: 'The gateway has as many requests in progress as it may have.',
    remedy: 'Try again after the time in Retry-After.',
    operator: 'Raise listen.maxRequests, or find out why the services have become slow.',
  },
  custom: {
    status: 403,
    title: 'Not allowed',
    detail: 'A rule of this API refuses the request.',
    remedy: 'Ask the operator of the API.',
    operator: 'One of your own policies refused; the record names it and gives its reason.',
  },
} as const satisfies Record<string, ProblemEntry>;

export type ProblemName = keyof typeof entries;

/** Every refusal of the gateway; a policy lists those that it can give. */
export const catalogue: Readonly<Record<ProblemName, ProblemEntry>> = entries;

/** The `type` of a problem document: stable, and no promise that a page can be fetched (RFC 9457 section 3.1.1). */
export function problemType(name: ProblemName): string {
  return `urn:portcullis:problem:${name}`;
}
