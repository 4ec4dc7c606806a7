import { print, UsageFault } from '../command.ts';
import { installRelease, officialLocation } from './release.ts';

export interface CrsOptions {
  readonly version?: string | undefined;
  readonly sha256?: string | undefined;
  readonly to?: string | undefined;
  readonly from?: string | undefined;
}

/** @throws UsageFault, StartFault */
export async function crs({ version, sha256, to, from }: CrsOptions): Promise<number> {
  if (version === undefined || !/^[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$/.test(version))
    throw new UsageFault('say which version of the Core Rule Set: portcullis waf crs --version 4.28.0');
  const location = from ?? officialLocation(version);
  if (sha256 === undefined) throw new UsageFault(howToGetTheSum(location));
  if (!/^[0-9a-f]{64}$/i.test(sha256))
    throw new UsageFault('--sha256 takes 64 hexadecimal digits, as sha256sum prints them');
  const folder = to ?? `crs-${version}`;
  const files = await installRelease({ version, location, sum: sha256.toLowerCase() }, folder);
  print(`The Core Rule Set ${version} is in ${folder} (${files} files).`);
  print(`Name it in the policy waf: rules: ['crs:${folder}']`);
  return 0;
}

/**
 * Its authors sign releases and publish no sums. A sum of what we have just fetched would say nothing: whoever could change the
 * archive on its way would have chosen it.
 */
function howToGetTheSum(location: string): string {
  return `say which archive is the right one with --sha256. Its authors sign releases, so that the sum is to be had like this:
  curl -LO ${location}
  curl -LO ${location}.asc
  gpg --fetch-keys https://coreruleset.org/security.asc   # 3600 6F0E 0BA1 6783 2158  8211 38EE ACA1 AB8A 6E72
  gpg --verify ${location.split('/').at(-1)}.asc
  sha256sum ${location.split('/').at(-1)}`;
}
