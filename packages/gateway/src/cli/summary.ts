import type { Loaded } from '../config/load.ts';
import type { Configuration } from '../config/schema.ts';
import { isBuiltIn } from '../oauth-server/built-in-api.ts';
import { settingsOf } from '../oauth-server/settings.ts';
import { reachOf } from '../routing/visibility.ts';
import { localHost } from './listen-check.ts';
import { apiOf, type PolicyView, viewPolicies } from './policy-view.ts';

/** What a configuration amounts to, for `portcullis check`. */
export function summaryOf(loaded: Loaded): string {
  const { configuration } = loaded.bundle;
  const names = Object.keys(configuration.apis).filter((name) => !isBuiltIn(name));
  const apis = names.map((name) => apiSummary(loaded, name));
  return [
    listenText(configuration),
    ...oauthSummary(configuration),
    ...(apis.length === 0 ? ['there is no API'] : apis),
  ].join('\n\n');
}

/** Like `listens   https 8443 (self-signed certificate), http 8080 (redirects to https)`. */
function listenText({ listen }: Configuration): string {
  const { http, https, internal = {}, admin } = listen;
  const parts: string[] = [];
  const at = (host: string | undefined, port: number): string =>
    host === undefined ? String(port) : `${host}:${port}`;
  if (https !== undefined) {
    const what =
      https.selfSigned !== undefined
        ? 'self-signed certificate, for trying out'
        : countOf(https.certificates ?? []);
    parts.push(`https ${at(https.host, https.port)} (${what})`);
  }
  if (http !== undefined)
    parts.push(
      `http ${at(http.host, http.port)} (${http.plaintext === true ? 'serves APIs without TLS' : 'redirects to https'})`,
    );
  for (const [name, { host = localHost, port, plaintext, certificates }] of Object.entries(internal)) {
    const own = certificates === undefined ? 'the certificates of https' : countOf(certificates);
    parts.push(`${name} ${at(host, port)} (internal, ${plaintext === true ? 'without TLS' : own})`);
  }
  if (admin !== undefined) parts.push(`admin ${at(admin.host ?? localHost, admin.port)}`);
  return `listens     ${parts.join(', ')}`;
}

function countOf(certificates: readonly unknown[]): string {
  return `${certificates.length} ${certificates.length === 1 ? 'certificate' : 'certificates'}`;
}

function oauthSummary({ oauthServer, roles }: Configuration): string[] {
  if (oauthServer === undefined) return [];
  const { issuer, resources, signing, registration } = settingsOf(oauthServer, roles);
  return [
    [
      'oauth server',
      `  issuer      ${issuer}`,
      `  signs       ${signing}`,
      ...[...resources].map(
        ([indicator, { scopes, tokens }], index) =>
          `${index === 0 ? '  tokens for  ' : '              '}${indicator}: ${[...scopes.keys()].join(' ') || 'no scopes'} (${tokens})`,
      ),
      `  clients     made ${registration === undefined ? 'with portcullis client create only' : 'by whoever has the initial access token, too'}`,
    ].join('\n'),
  ];
}

function reachText(api: Configuration['apis'][string], { listen }: Configuration): string {
  const { listeners, networks } = reachOf(api, listen.internal);
  const by = listeners === undefined ? [] : [`who comes by ${listeners.join(' or ')}`];
  const from = networks === undefined ? [] : [`who calls from ${networks.join(', ')}`];
  return [...by, ...from].join(' and ');
}

function apiSummary(loaded: Loaded, name: string): string {
  const { configuration, definitions } = loaded.bundle;
  const config = configuration.apis[name]!;
  const { hosts = ['*'], basePath = '/', upstream, openapi, operations = {} } = config;
  const definition = definitions[name];
  const api = apiOf(loaded, name);
  const views = viewPolicies(loaded, { api });
  const rows = [
    `api ${name}`,
    `  serves      ${hosts.map((host) => (host === '*' ? 'every host' : host)).join(', ')}, ${basePath}`,
    ...(config.visibility === 'internal' ? [`  for         ${reachText(config, configuration)}`] : []),
    `  upstream    ${upstream.targets.join(', ')}`,
    definition === undefined
      ? '  definition  none'
      : `  definition  ${openapi}: ${counted(definition.operations.length)} (${inOneLine(definition.title)} ${inOneLine(definition.version)}, OpenAPI ${definition.specification})`,
    ...policyRows(views),
  ];
  for (const operation of Object.keys(operations)) {
    const special = viewPolicies(loaded, { api, operation }).filter(
      ({ place }) => place?.[2] === 'operations',
    );
    for (const { name: policy, mode } of special)
      rows.push(`              ${policy.padEnd(width)} ${mode.padEnd(8)} only ${operation}`);
  }
  return rows.join('\n');
}

const width = 20;

function policyRows(views: readonly PolicyView[]): string[] {
  return views.map(({ name, mode, place, settings }, index) => {
    const note =
      place === undefined
        ? 'by default'
        : place[0] === 'policies'
          ? 'from the top of the file'
          : settings === 'none'
            ? 'none'
            : '';
    const row = `${index === 0 ? '  policies    ' : '              '}${name.padEnd(width)} ${mode.padEnd(8)} ${note}`;
    return row.trimEnd();
  });
}

function counted(operations: number): string {
  return operations === 1 ? '1 operation' : `${operations} operations`;
}

/** Titles come from a file that is often somebody else's: they must not write over the terminal. */
export function inOneLine(text: string, longest = 100): string {
  return text
    .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, longest);
}
