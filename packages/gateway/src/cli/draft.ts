import type { OperationDefinition } from '../openapi/definition.ts';
import { type AuthenticatorDraft, draftAuthenticators, nameFrom } from './authenticator-drafts.ts';
import type { Hints } from './definition-hints.ts';
import { isLoopback } from './listen-check.ts';
import { looksInternal } from './operation-warnings.ts';
import { inOneLine } from './summary.ts';

export interface DraftInput {
  readonly hints: Hints;
  /** As the configuration is to name it. */
  readonly openapi: string;
  /** Origins. */
  readonly upstreams: readonly string[];
}

/** What `init` writes, and what its next steps are about. */
export interface Draft {
  readonly text: string;
  readonly api: string;
  readonly httpsPort: number;
  readonly takesKeys: boolean;
  readonly takesPasswords: boolean;
  /** Path of a request that the API takes. */
  readonly example: string;
}

/** A configuration for an API, with comments that say what to change and why it is as it is. */
export function draftConfiguration(input: DraftInput): Draft {
  const { hints, upstreams } = input;
  const api = nameFrom(hints.definition.title, 'api');
  const authenticators = draftAuthenticators(hints);
  const [httpsPort, httpPort, adminPort] = freePorts(upstreams);
  const text = [
    headPart(hints),
    listenPart(
      httpsPort!,
      httpPort!,
      adminPort!,
      authenticators.some(({ settings }) => settings.kind === 'certificate'),
    ),
    ['authenticators:', ...authenticators.flatMap((each) => authenticatorPart(each, api))].join('\n'),
    sharedPart,
    apiPart(api, input, authenticators),
  ].join('\n\n');
  const takes = (kind: AuthenticatorDraft['settings']['kind']): boolean =>
    authenticators.some(({ settings }) => settings.kind === kind);
  const simple = hints.definition.operations.find(
    ({ method, path }) => method === 'GET' && !path.includes('{'),
  );
  return {
    text: `${text}\n`,
    api,
    httpsPort: httpsPort!,
    takesKeys: takes('apiKey'),
    takesPasswords: takes('basic'),
    example: hints.basePath + (simple?.path ?? '/'),
  };
}

/** The usual ports, but for those that an upstream on this machine has. */
function freePorts(upstreams: readonly string[]): number[] {
  const taken = new Set(
    upstreams.filter((each) => isLoopback(new URL(each).hostname)).map((each) => Number(new URL(each).port)),
  );
  return [8443, 8080, 9090].map((port) => {
    let free = port;
    while (taken.has(free)) free++;
    taken.add(free);
    return free;
  });
}

function headPart({ definition }: Hints): string {
  return `# Portcullis in front of ${inOneLine(definition.title) || 'an API'}, written by \`portcullis init\`.
#
# Marked with CHANGE is what the definition could not tell; \`portcullis check\` lists what is left of it.
# Every policy can be watched before it refuses anybody: with \`mode: monitor\` it only records what it would do.`;
}

function listenPart(https: number, http: number, admin: number, asksForCertificates: boolean): string {
  const asks =
    '\n    # clientCertificates: request   # asks clients for one; browsers may then ask their users which';
  return `listen:
  https:
    port: ${https}
    selfSigned: true   # CHANGE: certificates: [{ cert: api.crt, key: api.key }], before others call${asksForCertificates ? asks : ''}
  http: { port: ${http} }                     # answers 308 to https, and serves nothing
  admin: { host: 127.0.0.1, port: ${admin} }   # /metrics, /healthz and /readyz, for whoever reaches it

# trustedProxies: [10.0.0.0/8]             # proxies in front of the gateway, whose X-Forwarded-For is believed`;
}

/** As remarks: nothing would start without the file. */
function certificatePart(name: string, remarks: readonly string[]): string[] {
  return [
    ...remarks.map((remark) => `  # ${inOneLine(remark, 300)}`),
    `  # CHANGE: once clients-ca.pem is there, take these lines in, and name ${name} in authentication below`,
    `  # ${name}:`,
    '  #   certificate:',
    '  #     ca: clients-ca.pem   # PEM file with the authorities that issue certificates to clients',
    "  #     allow: [{ dns: '*.partners.example.com' }]   # default: every certificate of these authorities",
    '  #     crl: clients.crl   # what they have revoked; without a current one nobody passes',
  ];
}

function authenticatorPart({ name, remarks, settings }: AuthenticatorDraft, api: string): string[] {
  if (settings.kind === 'certificate') return certificatePart(name, remarks);
  const head = [`  ${name}:`, ...remarks.map((remark) => `    # ${inOneLine(remark, 300)}`)];
  if (settings.kind === 'apiKey') {
    return [
      ...head,
      `    apiKey: { header: ${scalar(settings.header)} }   # keys are made with: portcullis key create --name NAME`,
    ];
  }
  if (settings.kind === 'basic')
    return [...head, '    basic: {}   # users are made with: portcullis user create NAME --basic'];
  const { issuer, rolesClaim, types } = settings.guess;
  return [
    ...head,
    '    oauth2:',
    `      issuer: ${scalar(issuer)}   # CHANGE: the iss claim of the tokens, to the letter`,
    `      audience: ${scalar(api)}   # CHANGE: the aud claim of the tokens that are meant for this API`,
    types === undefined
      ? '      # types: [at+jwt, JWT]   # where the issuer gives its access tokens no type of their own'
      : `      types: [${types.join(', ')}]   # better without: access tokens with a type of their own (RFC 9068)`,
    `      # rolesClaim: ${rolesClaim ?? 'realm_access.roles'}   # where roles are, if not in the claim roles`,
  ];
}

const sharedPart = `policies:                                  # for every API, and for requests that no API takes
  rate-limit:
    - { name: burst, by: address, quota: 50, window: 1s }      # before anything is looked at that costs
    - { name: plan, by: principal, quota: 1000, window: 1h }   # once it is known who calls
  access-log: { to: stdout }               # or { to: { file: access.log } }`;

function apiPart(
  api: string,
  { hints, openapi, upstreams }: DraftInput,
  authenticators: readonly AuthenticatorDraft[],
): string {
  const { basePath, host, definition } = hints;
  const hosts = host === undefined || isLoopback(host) ? 'api.example.com' : host;
  return [
    'apis:',
    `  ${api}:`,
    `    openapi: ${scalar(openapi)}   # what it does not have is refused: paths, methods, parameters, bodies`,
    `    # hosts: [${scalar(hosts)}]   # default: every host`,
    ...(basePath === ''
      ? ['    # basePath: /v1   # in front of the paths of the definition']
      : [`    basePath: ${scalar(basePath)}   # from the servers of the definition`]),
    '    upstream:',
    `      targets: [${upstreams.map(scalar).join(', ')}]`,
    ...(basePath === ''
      ? []
      : [`      # stripBasePath: true   # if the upstream knows the paths without ${basePath}`]),
    '    policies:',
    `      authentication: { anyOf: [${namesInForce(authenticators).join(', ')}] }`,
    ...authorizationPart(definition.operations),
    '      # openapi-validation: { mode: monitor }   # it runs by default; so it would only record at first',
    '      # cors:                                   # for web pages of other origins',
    '      #   origins: [https://www.example.com]',
  ].join('\n');
}

function namesInForce(authenticators: readonly AuthenticatorDraft[]): string[] {
  return authenticators.filter(({ settings }) => settings.kind !== 'certificate').map(({ name }) => name);
}

function authorizationPart(operations: readonly OperationDefinition[]): string[] {
  const silent = operations.filter(({ security }) => security === undefined);
  const declared = operations.length - silent.length;
  return [
    '      authorization:',
    ...undeclaredRemarks(silent.length, declared).map((remark) => `        # ${remark}`),
    `        undeclared: ${declared > 0 ? 'refuse' : 'authenticated'}`,
    ...rolesPart(operations),
  ];
}

/** What `undeclared` means for this very definition. */
function undeclaredRemarks(silent: number, declared: number): string[] {
  if (declared === 0) {
    return [
      'The definition has no security: it does not say who may call what. So whoever is known may call everything.',
      'Better: give the operations a security in the definition, and write refuse.',
    ];
  }
  const remarks = [
    'Who may call an operation stands in its security in the definition, public ones included (security: []).',
  ];
  if (silent === 0)
    return [...remarks, 'An operation that is added without one is refused, until it says who may.'];
  const which = silent === 1 ? '1 operation has none and is' : `${silent} operations have none and are`;
  return [...remarks, `${which} refused; write authenticated to let in whoever is known, or give them one.`];
}

/** An example that fits: an operation for few, if there is one. */
function rolesPart(operations: readonly OperationDefinition[]): string[] {
  const internal = operations.filter(({ path }) => looksInternal(path));
  const example =
    internal[0] ??
    operations.find(({ method }) => method === 'DELETE') ??
    operations.find(({ method }) => method !== 'GET');
  if (example === undefined) return [];
  const remark =
    internal.length === 0
      ? 'roles of which the caller needs one, besides the scopes'
      : 'looks internal: who may call it?';
  return [
    '        # operations:',
    `        #   ${scalar(`${example.method} ${inOneLine(example.path)}`)}: { roles: [admin] }   # ${remark}`,
  ];
}

const plain = /^(?:[A-Za-z]|\.{0,2}\/)[A-Za-z0-9._~/ -]*(:\/\/[A-Za-z0-9._~-]+(:[0-9]+)?[A-Za-z0-9._~/-]*)?$/;
const words: ReadonlySet<string> = new Set([
  'true',
  'false',
  'null',
  'yes',
  'no',
  'on',
  'off',
  '.inf',
  '.nan',
]);

/** Any text as a value of YAML, in braces too; nothing in it is a reference. JSON's strings are YAML's. */
export function scalar(text: string): string {
  if (plain.test(text) && !words.has(text.toLowerCase()) && text.trim() === text) return text;
  return JSON.stringify(text.replaceAll('${', '$${'));
}
