import { Intermediates } from '../certificates/intermediates.ts';
import type { Loaded } from '../config/load.ts';
import { createCounterMemory } from '../counters/counter-memory.ts';
import { SharedCounters } from '../counters/shared-counters.ts';
import type { Environment } from '../environment.ts';
import { compileRoles } from '../policies/authorization/roles.ts';
import type { Api } from '../routing/apis.ts';
import { nothingRead } from './preparation.ts';

/** What policies are given by a command that only looks: nothing is opened, and nothing written. */
export function environmentToLook({ bundle }: Loaded, api: Api | undefined): Environment {
  const { configuration, folder, stateFolder } = bundle;
  return {
    folder,
    stateFolder,
    api,
    counters: new SharedCounters(createCounterMemory(8192)),
    documents: nothingRead,
    intermediates: new Intermediates(),
    secret: Buffer.alloc(32),
    now: Date.now,
    warn: () => {},
    openLog: () => () => {},
    share: (_, make) => make(),
    keep: (_, make) => make(),
    onStart: () => {},
    onClose: () => {},
    credentialParameters: [],
    keyUsed: () => {},
    authenticators: configuration.authenticators ?? {},
    roles: compileRoles(configuration.roles),
    trustedProxies: configuration.trustedProxies ?? [],
  };
}
