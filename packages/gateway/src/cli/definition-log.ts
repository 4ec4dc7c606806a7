import type { Loaded } from '../config/load.ts';
import { faultText } from '../openapi/definition-faults.ts';

const mostShown = 3;

/** Some of each API, and how many there are: a log is not where they are read, `portcullis check` lists them. */
export function logDefinitionFaults(
  faults: Loaded['definitionFaults'],
  log: (message: string) => void,
): void {
  for (const [name, own] of Map.groupBy(faults, ({ api }) => api)) {
    for (const fault of own.slice(0, mostShown)) log(`api ${name}: ${faultText(fault)}`);
    if (own.length > mostShown)
      log(`api ${name}: the definition has ${own.length} such mistakes; portcullis check lists them`);
  }
}
