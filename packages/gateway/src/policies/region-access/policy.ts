import type { Environment } from '../../environment.ts';
import { refuse } from '../../exchange.ts';
import { canonicalAddress, withoutZone } from '../../http/address.ts';
import { definePolicy, OptionFault } from '../../policy.ts';
import { ageWarning, databaseFile, openDatabase, type RegionDatabase } from './database.ts';
import { schema } from './schema.ts';

export const regionAccess = definePolicy({
  name: 'region-access',
  summary: 'Who may call at all, by the country of the network address.',
  phase: 'head',
  schema,
  problems: ['region-refused'],
  onFault: 'refuse',
  async prepare(config, environment) {
    const allowed = config.allow === undefined ? undefined : new Set(config.allow);
    const denied = new Set(config.deny);
    const unknownPasses = (config.unknown ?? (allowed === undefined ? 'allow' : 'refuse')) === 'allow';
    const database = await open(config.database, environment);
    return {
      head(request) {
        const address = canonicalAddress(withoutZone(request.clientAddress));
        if (address === undefined) return refuse('region-refused', { reason: 'no address' });
        const region = database.regionOf(address);
        if (region === undefined)
          return unknownPasses ? undefined : refuse('region-refused', { reason: 'unknown region' });
        request.note('region', region);
        if (denied.has(region)) return refuse('region-refused', { reason: `deny ${region}` });
        if (allowed !== undefined && !allowed.has(region))
          return refuse('region-refused', { reason: `not in allow: ${region}` });
        return undefined;
      },
    };
  },
});

/** One for all APIs and operations: the file is large. */
async function open(written: string | undefined, environment: Environment): Promise<RegionDatabase> {
  const { folder, share, warn, now, onClose } = environment;
  try {
    const file = databaseFile(written, folder);
    return await share(`region-access ${file}`, async () => {
      const database = await openDatabase(file, warn);
      onClose(() => database.close());
      const old = ageWarning(database, now());
      if (old !== undefined) warn(`region-access: ${old}`);
      return database;
    });
  } catch (error) {
    throw new OptionFault(written === undefined ? [] : ['database'], (error as Error).message);
  }
}
