import type { Transaction } from '@portcullis/seclang';
import type { Loaded } from '../config/load.ts';
import type { Gateway } from '../gateway.ts';
import { engineFor } from '../policies/waf/engine.ts';
import type { WafConfig } from '../policies/waf/schema.ts';
import { atMost, chooseAction, readArguments, refuseStray } from './arguments.ts';
import { type Command, print, UsageFault, usualFile } from './command.ts';
import { crs } from './crs/crs.ts';
import { environmentToLook } from './look-environment.ts';
import { viewPolicies } from './policy-view.ts';
import { prepareToLook } from './preparation.ts';
import { readHead } from './request-head.ts';
import { tune } from './tune/tune.ts';
import { requestOfCurl, requestOfFile, type WrittenRequest } from './waf-request.ts';

export const waf: Command = {
  name: 'waf',
  summary: 'show what the rules of the policy waf say of a request, fetch rules, and find false positives',
  help: `portcullis waf test URL [-X METHOD] [-H 'Name: value'] [-d DATA] [--config FILE] [--json]
portcullis waf test FILE [--config FILE] [--json]
portcullis waf crs --version VERSION --sha256 SUM [--to FOLDER] [--from URL]
portcullis waf tune --from ACCESS-LOG [--callers N] [--days N] [--json]

test runs the rules of the API that a request is for, without sending it, and shows which of them match, where, and what
becomes of it. The options are those of curl, so that a command for curl can be taken over; FILE has a request as it is
on the wire: its first line, the fields, an empty line, the body.

  portcullis waf test 'https://localhost:8443/books?q=x'
  portcullis waf test https://localhost:8443/orders -H 'Content-Type: application/json' -d '{"note":"x"}'

  -X, --request METHOD     GET if left out, POST with data
  -H, --header FIELD       may be given several times
  -d, --data DATA          the body, @FILE for the content of a file; several are joined by &
  --config FILE, -c FILE   the configuration. Default portcullis.yaml in this folder
  --json                   the same as JSON

Only the rules are asked: whether validation or anything else refuses the request before, portcullis explain says.

crs fetches a release of the OWASP Core Rule Set and unpacks it. Without --sha256 it says how to get the sum.

  --version VERSION        such as 4.28.0
  --sha256 SUM             of the archive; what has another one is thrown away
  --to FOLDER              which must not be there yet. Default crs-VERSION in this folder
  --from URL               another place of the archive, a .tar.gz. Default the official one

tune reads an access log, packed with gzip or not, and proposes entries of exclude for rules that are wrong about an API, with
the evidence, and says what it does not propose and why. Who matches in many places, or names a scanner, is left out. Where
most callers of an operation sign in, only those count; elsewhere four times as many networks are asked for as callers.

  --callers N              different callers that a proposal rests on at least. Default 5
  --days N                 different days, likewise. Default 2

Exit code: 0 the rules let it pass, or are there; 3 they do not let it pass; 1 the configuration or the archive cannot be
used; 2 wrong use.`,
  async run(args) {
    const { values, positionals } = readArguments('waf', args, options);
    const { action, perform, words } = chooseAction('waf', actions, positionals);
    refuseStray(`waf ${action}`, values, optionsOf[action]!);
    return perform(values, words);
  },
};

const options = {
  config: { type: 'string', short: 'c' },
  json: { type: 'boolean' },
  request: { type: 'string', short: 'X' },
  header: { type: 'string', short: 'H', multiple: true },
  data: { type: 'string', short: 'd', multiple: true },
  version: { type: 'string' },
  sha256: { type: 'string' },
  to: { type: 'string' },
  from: { type: 'string' },
  callers: { type: 'string' },
  days: { type: 'string' },
} as const;

type Values = ReturnType<typeof readArguments<typeof options>>['values'];

const actions: Readonly<Record<string, (values: Values, words: readonly string[]) => Promise<number>>> = {
  test,
  crs(values, words) {
    atMost('waf', words, 0);
    return crs(values);
  },
  tune(values, words) {
    atMost('waf', words, 0);
    return tune(values);
  },
};

const optionsOf: Readonly<Record<string, readonly string[]>> = {
  test: ['json', 'request', 'header', 'data'],
  crs: ['version', 'sha256', 'to', 'from'],
  tune: ['from', 'callers', 'days', 'json'],
};

async function test(values: Values, words: readonly string[]): Promise<number> {
  atMost('waf', words, 1);
  const [what] = words;
  if (what === undefined)
    throw new UsageFault('say which request: portcullis waf test URL, or a file with one');
  const request = /^[a-z]+:\/\//i.test(what) ? requestOfCurl(what, values) : requestOfFile(what);
  const { loaded, gateway, close } = await prepareToLook(values.config ?? usualFile, process.env);
  try {
    return tell(request, loaded, gateway, values.json === true);
  } finally {
    close();
  }
}

function tell(request: WrittenRequest, loaded: Loaded, gateway: Gateway, asJson: boolean): number {
  const transaction = judged(request, loaded, gateway);
  print(asJson ? JSON.stringify(asObject(transaction), null, 2) : asText(transaction));
  return transaction.outcome.kind === 'pass' ? 0 : 3;
}

/** @throws UsageFault for a request that no rules are asked about */
function judged(request: WrittenRequest, loaded: Loaded, gateway: Gateway): Transaction {
  const { method, scheme, authority, target, fields, body } = request;
  const read = readHead({ method, url: `${scheme}://${authority}${target}`, scheme, authority, target });
  if ('problem' in read)
    throw new UsageFault(`the gateway refuses this before any rule (${read.problem}): ${read.detail}`);
  const route = gateway.routes.find(read.host, read.path, method);
  if (route === undefined) throw new UsageFault(`no API is served at ${read.authority}${read.path}`);
  const api = route.plan.api!;
  const view = viewPolicies(loaded, { api, operation: route.operation?.id }).find(
    ({ name }) => name === 'waf',
  );
  if (view === undefined || view.mode === 'off')
    throw new UsageFault(`the policy waf does not run for the API ${api.name}`);
  const { engine } = engineFor(view.config as WafConfig, environmentToLook(loaded, api));
  const transaction = engine.transaction({
    method,
    target,
    protocol: 'HTTP/1.1',
    fields,
    peerAddress: '203.0.113.1',
  });
  if (transaction.requestHead().kind === 'pass') transaction.requestBody(body);
  return transaction;
}

const longestValue = 100;
const severities = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'] as const;

function matchesOf({ matches }: Transaction) {
  return matches.map(({ ruleId, severity, variable, value, message }) => ({
    rule: ruleId,
    ...(severity !== undefined && { severity: severities[severity] }),
    variable,
    value: value.length > longestValue ? `${value.slice(0, longestValue)}…` : value,
    message,
  }));
}

function asObject(transaction: Transaction): unknown {
  return { outcome: transaction.outcome, matches: matchesOf(transaction) };
}

function asText(transaction: Transaction): string {
  const { outcome } = transaction;
  const lines = [
    outcome.kind === 'pass'
      ? 'The rules let it pass.'
      : `The rules refuse it: ${outcome.ruleId === undefined ? outcome.cause : `rule ${outcome.ruleId}`}.`,
  ];
  for (const { rule, severity = '', variable, value, message } of matchesOf(transaction))
    lines.push(
      `  ${rule}  ${severity.padEnd(8)} ${variable}  ${message}`,
      `          ${JSON.stringify(value)}`,
    );
  return lines.join('\n');
}
