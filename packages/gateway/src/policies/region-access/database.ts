import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import type { CountryResponse, Reader } from 'maxmind';
import { type Marks, markOf } from '../../config/source-files.ts';
import { type WatchOptions, watchFiles } from '../../config/watch.ts';

/** A country by address, from a file in the format of MaxMind; read anew when the file changes. */
export interface RegionDatabase {
  readonly file: string;
  /** When its content was made, in milliseconds since the epoch. */
  readonly builtAt: () => number;
  /**
   * @param address canonical
   * @returns two capital letters; undefined when the file does not say
   */
  regionOf(address: string): string | undefined;
  close(): void;
}

/** Registries give and take networks every day; data of another season sends people to the wrong country. */
export const oldAfterDays = 90;
const day = 86_400_000;
const checkEvery = 2_000;

/** Records that are kept decoded: there are some 250 countries, but an operator's file may have cities. */
const cached = 4096;

const packaged = '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb';

/**
 * @param written as the configuration names it; undefined for the file of the package
 * @throws Error when the package is not installed
 */
export function databaseFile(written: string | undefined, folder: string): string {
  if (written !== undefined) return resolve(folder, written);
  try {
    return createRequire(import.meta.url).resolve(packaged);
  } catch {
    throw new Error(
      'there is no database: install the package @ip-location-db/geo-whois-asn-country-mmdb, or name an .mmdb file with database',
    );
  }
}

/**
 * @param warn told when a file that changed cannot be used, upon which the one before stays
 * @throws Error when the file cannot be read, or is none
 */
export async function openDatabase(
  file: string,
  warn: (message: string) => void,
  options: WatchOptions = { intervalMs: checkEvery },
): Promise<RegionDatabase> {
  // Loading it takes longer than opening the file; without this policy nobody waits for it.
  const { Reader: MaxMind } = await import('maxmind');
  let asRead: Marks = new Map();
  const read = (): Reader<CountryResponse> => {
    // Before it is read: what changes meanwhile is read once more.
    asRead = new Map([[file, markOf(file)]]);
    const reader = new MaxMind<CountryResponse>(readFileSync(file), { cache: new RecordCache() });
    // A file that was cut off shows when it is looked into.
    for (const address of ['192.0.2.1', '203.0.113.1', '2001:db8::1', '2a00::1']) reader.get(address);
    return reader;
  };
  let reader: Reader<CountryResponse>;
  try {
    reader = read();
  } catch (error) {
    throw new Error(`the database ${file} cannot be used: ${(error as Error).message}`);
  }
  const watcher = watchFiles(
    () => asRead,
    () => {
      try {
        reader = read();
      } catch (error) {
        warn(`region-access: ${file} has changed, but cannot be used: ${(error as Error).message}`);
      }
    },
    options,
  );
  return {
    file,
    builtAt: () => reader.metadata.buildEpoch.getTime(),
    regionOf: (address) => codeIn(reader.get(address)),
    close: () => watcher.stop(),
  };
}

/** @returns what to tell the operator; undefined while the data is fresh */
export function ageWarning({ file, builtAt }: RegionDatabase, now: number): string | undefined {
  const days = Math.floor((now - builtAt()) / day);
  if (days <= oldAfterDays) return undefined;
  return `${file} is ${days} days old: networks have moved since; renew it (npm update, or a newer file)`;
}

/** Emptied when it is full, which is seldom and costs nothing in between. */
class RecordCache extends Map<string | number, unknown> {
  override set(key: string | number, value: unknown): this {
    if (this.size >= cached) this.clear();
    return super.set(key, value);
  }
}

/** A record, of which each maker of such files has a shape of its own, whatever the types of the reader say. */
interface CountryRecord {
  readonly country_code?: unknown;
  readonly country?: unknown;
}

/** The packages of ip-location-db write `country_code`, MaxMind and DB-IP `country.iso_code`, IPinfo `country`. */
function codeIn(record: CountryRecord | null): string | undefined {
  if (record === null) return undefined;
  const { country_code: plain, country } = record;
  const nested = typeof country === 'object' ? (country as { iso_code?: unknown } | null)?.iso_code : country;
  const code = plain ?? nested;
  return typeof code === 'string' && /^[A-Z]{2}$/i.test(code) ? code.toUpperCase() : undefined;
}
