import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ConfigFault, Path } from '../config/fault-text.ts';
import type { Loaded } from '../config/load.ts';
import { isBuiltIn } from '../oauth-server/built-in-api.ts';
import { faultText } from '../openapi/definition-faults.ts';
import { ageWarning, databaseFile, openDatabase } from '../policies/region-access/database.ts';
import type { RegionAccessConfig } from '../policies/region-access/schema.ts';
import { reachOf } from '../routing/visibility.ts';
import { whoMay } from './access.ts';
import { rulesOfApi } from './api-rules.ts';
import { authenticatorWarnings } from './authenticator-warnings.ts';
import { crsWarnings } from './crs/warnings.ts';
import type { Misfit } from './faults.ts';
import { isLoopback, localHost } from './listen-check.ts';
import { operationWarnings } from './operation-warnings.ts';
import { apiOf, type PolicyView, viewPolicies } from './policy-view.ts';

/**
 * What the gateway would start with, and what the operator should know of all the same. In the order of the file.
 * @param now milliseconds since the epoch, which the age of data is taken from
 */
export async function warningsOf(
  loaded: Loaded,
  logs: ReadonlySet<string>,
  now: number,
): Promise<ConfigFault[]> {
  const { configuration } = loaded.bundle;
  const apis = await Promise.all(
    Object.keys(configuration.apis)
      .filter((name) => !isBuiltIn(name))
      .map((name) => apiWarnings(loaded, name, now)),
  );
  const found: Misfit[] = [
    ...listenWarnings(loaded),
    ...authenticatorWarnings(loaded, now),
    ...logWarnings(logs),
    ...oauthWarnings(loaded),
    ...apis.flat(),
  ];
  const placed = withoutRepeats(found.map(({ place, message }) => loaded.faultAt(place, message)));
  return [...placed, ...unchanged(loaded)].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** What several APIs take over from the top of the file is told once. */
function withoutRepeats(faults: readonly ConfigFault[]): ConfigFault[] {
  const told = new Set<string>();
  return faults.filter((fault) => {
    const key = JSON.stringify(fault);
    return !told.has(key) && told.add(key);
  });
}

function listenWarnings({ bundle }: Loaded): Misfit[] {
  const { http, internal = {}, admin } = bundle.configuration.listen;
  const found: Misfit[] = [];
  if (http?.plaintext === true) {
    found.push({
      place: ['listen', 'http', 'plaintext'],
      message:
        'APIs are served without TLS: whoever is on the way reads and changes requests, credentials too',
    });
  }
  for (const [name, { host = localHost }] of Object.entries(internal)) {
    if (host !== '0.0.0.0' && host !== '::') continue;
    found.push({
      place: ['listen', 'internal', name, 'host'],
      message: `it listens on every address of this machine, ${host}, also on those that the world may reach; name the one of the internal network`,
    });
  }
  const host = admin?.host ?? localHost;
  if (admin !== undefined && !isLoopback(host)) {
    found.push({
      place: ['listen', 'admin', 'host'],
      message: `metrics and health are open to whoever reaches ${host}:${admin.port}; they ask for no credential`,
    });
  }
  return found;
}

function oauthWarnings({ bundle }: Loaded): Misfit[] {
  const { oauthServer, listen } = bundle.configuration;
  if (oauthServer === undefined) return [];
  const found: Misfit[] = [];
  if (
    listen.https === undefined &&
    listen.http?.plaintext === true &&
    oauthServer.issuer.startsWith('https:')
  ) {
    found.push({
      place: ['oauthServer', 'issuer'],
      message:
        'passwords reach the gateway without TLS: whatever stands in front of it must be trusted with them',
    });
  }
  if (oauthServer.registration !== undefined) {
    found.push({
      place: ['oauthServer', 'registration'],
      message: 'whoever has the initial access token makes clients under names of their choice',
    });
  }
  return found;
}

function logWarnings(logs: ReadonlySet<string>): Misfit[] {
  const found: Misfit[] = [];
  for (const destination of logs) {
    if (!destination.startsWith('file:')) continue;
    const file = destination.slice('file:'.length);
    const fault = writeFault(file);
    if (fault !== undefined)
      found.push({
        place: ['policies', 'access-log'],
        message: `the log ${file} cannot be written: ${fault}`,
      });
  }
  return found;
}

function writeFault(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.isDirectory()) return 'it is a folder';
  try {
    accessSync(stats === undefined ? dirname(file) : file, constants.W_OK);
    return undefined;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return missing ? `there is no folder ${dirname(file)}` : 'this user may not';
  }
}

async function apiWarnings(loaded: Loaded, name: string, now: number): Promise<Misfit[]> {
  const { configuration } = loaded.bundle;
  const api = apiOf(loaded, name);
  const place = ['apis', name];
  const views = viewPolicies(loaded, { api });
  const found = [
    ...definitionWarnings(loaded, name),
    ...policyWarnings(place, views),
    ...visibilityWarnings(loaded, name),
    ...(await regionWarnings(loaded, views, now)),
    ...crsWarnings(views, loaded.bundle.folder),
  ];
  if (api.operations !== undefined) return [...found, ...(await operationWarnings(loaded, api, views))];
  found.push({
    place,
    message: `there is no definition: every method and every path below ${api.basePath}/ goes to the upstream, internal ones too`,
  });
  const rules = (await rulesOfApi(loaded, api))(views)?.of(undefined);
  const access = whoMay(undefined, rules, views, configuration.authenticators ?? {});
  if (access.kind === 'nobody') found.push({ place, message: `nobody may call it: ${access.because}` });
  return found;
}

/** The client's own address decides, and without a word about proxies that of a proxy would be taken for it. */
function visibilityWarnings({ bundle }: Loaded, name: string): Misfit[] {
  const { apis, listen, trustedProxies } = bundle.configuration;
  const api = apis[name];
  // An empty list says that there is none.
  if (api?.visibility !== 'internal' || trustedProxies !== undefined) return [];
  if (reachOf(api, listen.internal).networks === undefined) return [];
  return [
    {
      place: ['apis', name, 'visibility'],
      message:
        'trustedProxies is not there: a proxy in front that adds no X-Forwarded-For makes everybody look internal; write [] if there is none',
    },
  ];
}

/** Preparing has opened the file before, so that it can be read. */
async function regionWarnings(
  { bundle }: Loaded,
  views: readonly PolicyView[],
  now: number,
): Promise<Misfit[]> {
  const view = views.find(({ name }) => name === 'region-access');
  if (view === undefined || view.mode === 'off') return [];
  const { database: written } = view.config as RegionAccessConfig;
  const database = await openDatabase(databaseFile(written, bundle.folder), () => {});
  try {
    const message = ageWarning(database, now);
    return message === undefined ? [] : [{ place: view.place ?? [], message }];
  } finally {
    database.close();
  }
}

function definitionWarnings({ definitionFaults }: Loaded, name: string): Misfit[] {
  return definitionFaults
    .filter(({ api }) => api === name)
    .map((fault) => ({ place: ['apis', name, 'openapi'], message: faultText(fault) }));
}

/** About the policies of an API as a whole. */
function policyWarnings(api: Path, views: readonly PolicyView[]): Misfit[] {
  const found: Misfit[] = [];
  const of = (name: string): PolicyView | undefined => views.find((view) => view.name === name);
  const authentication = of('authentication');
  const at = authentication?.place ?? api;
  if (authentication?.settings === 'none') {
    found.push({ place: at, message: 'open to anybody: no credential is asked for' });
  } else if (authentication?.mode === 'monitor') {
    found.push({ place: at, message: 'in mode monitor nobody is known: requests pass without a credential' });
  }
  const identity = of('upstream-identity');
  const isAnonymous = authentication?.settings === 'none' || authentication?.mode !== 'enforce';
  if (identity !== undefined && identity.mode !== 'off' && isAnonymous) {
    found.push({
      place: identity.place ?? api,
      message: `hands nothing on for ${api.at(-1)}: authentication there lets everybody in, and nobody is known`,
    });
  }
  if (of('authorization')?.mode === 'off') {
    found.push({
      place: of('authorization')?.place ?? api,
      message: 'whoever is known may call every operation',
    });
  }
  // By itself it is there for limits of keys alone.
  if (of('rate-limit')?.place === undefined || of('rate-limit')?.mode === 'off') {
    found.push({
      place: of('rate-limit')?.place ?? api,
      message: 'no rate-limit: one caller can use up the upstream',
    });
  }
  return found;
}

/** What `portcullis init` could not know and nobody has filled in yet. */
function unchanged({ file, faultAt }: Loaded): ConfigFault[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((text, index) => {
      const column = text.indexOf('# CHANGE:');
      if (column === -1) return [];
      const hint = text.slice(column + '# CHANGE:'.length).trim();
      return [{ ...faultAt([], `still to be changed: ${hint}`), line: index + 1, column: column + 1 }];
    });
}
