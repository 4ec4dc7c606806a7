import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ConfigFault, Path } from '../config/fault-text.ts';
import type { Loaded } from '../config/load.ts';
import { whoMay } from './access.ts';
import { authenticatorWarnings } from './authenticator-warnings.ts';
import type { Misfit } from './faults.ts';
import { isLoopback } from './listen-check.ts';
import { mostNamed, operationWarnings } from './operation-warnings.ts';
import { apiOf, type PolicyView, viewPolicies } from './policy-view.ts';

/** What the gateway would start with, and what the operator should know of all the same. In the order of the file. */
export function warningsOf(loaded: Loaded, logs: ReadonlySet<string>): ConfigFault[] {
  const { configuration } = loaded.bundle;
  const found: Misfit[] = [
    ...listenWarnings(loaded),
    ...authenticatorWarnings(loaded),
    ...logWarnings(logs),
    ...Object.keys(configuration.apis).flatMap((name) => apiWarnings(loaded, name)),
  ];
  const placed = found.map(({ place, message }) => loaded.faultAt(place, message));
  return [...placed, ...unchanged(loaded)].sort((a, b) => a.line - b.line || a.column - b.column);
}

function listenWarnings({ bundle }: Loaded): Misfit[] {
  const { http, admin } = bundle.configuration.listen;
  const found: Misfit[] = [];
  if (http?.plaintext === true) {
    found.push({
      place: ['listen', 'http', 'plaintext'],
      message:
        'APIs are served without TLS: whoever is on the way reads and changes requests, credentials too',
    });
  }
  const host = admin?.host ?? '127.0.0.1';
  if (admin !== undefined && !isLoopback(host)) {
    found.push({
      place: ['listen', 'admin', 'host'],
      message: `metrics and health are open to whoever reaches ${host}:${admin.port}; they ask for no credential`,
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

function apiWarnings(loaded: Loaded, name: string): Misfit[] {
  const { configuration } = loaded.bundle;
  const api = apiOf(loaded, name);
  const place = ['apis', name];
  const views = viewPolicies(loaded, { api });
  const found = [...definitionWarnings(loaded, name), ...policyWarnings(place, views)];
  if (api.operations !== undefined) return [...found, ...operationWarnings(loaded, api, views)];
  found.push({
    place,
    message: `there is no definition: every method and every path below ${api.basePath}/ goes to the upstream, internal ones too`,
  });
  const access = whoMay('no definition', views, configuration.authenticators ?? {});
  if (access.kind === 'nobody') found.push({ place, message: `nobody may call it: ${access.because}` });
  return found;
}

function definitionWarnings({ definitionFaults }: Loaded, name: string): Misfit[] {
  const own = definitionFaults.filter(({ api }) => api === name);
  const place = ['apis', name, 'openapi'];
  const found: Misfit[] = own.slice(0, 2 * mostNamed).map((fault) => ({
    place,
    message: `cannot be enforced: ${fault.place}: ${fault.message.replace(/\.$/, '')}`,
  }));
  const more = own.length - found.length;
  if (more > 0) found.push({ place, message: `cannot be enforced: ${more} further parts of the definition` });
  return found;
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
  if (of('authorization')?.mode === 'off') {
    found.push({
      place: of('authorization')?.place ?? api,
      message: 'whoever is known may call every operation',
    });
  }
  if (of('rate-limit') === undefined || of('rate-limit')?.mode === 'off') {
    found.push({
      place: of('rate-limit')?.place ?? api,
      message: 'no rate-limit: one caller can use up the upstream',
    });
  }
  return found;
}

/** What `portcullis init` could not know and nobody has filled in yet. */
function unchanged({ files, faultAt }: Loaded): ConfigFault[] {
  const [file] = files;
  if (file === undefined) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((text, index) => {
      const column = text.indexOf('# CHANGE:');
      if (column === -1) return [];
      const hint = text.slice(column + '# CHANGE:'.length).trim();
      return [{ ...faultAt([], `still to be changed: ${hint}`), line: index + 1, column: column + 1 }];
    });
}
