import { isAbsolute, join } from 'node:path';
import type { WafConfig } from '../../policies/waf/schema.ts';
import type { Misfit } from '../faults.ts';
import type { PolicyView } from '../policy-view.ts';
import { changedSince } from './record.ts';

const mostNamed = 5;

/** About releases that were fetched and changed afterwards. @param folder of the configuration */
export function crsWarnings(views: readonly PolicyView[], folder: string): Misfit[] {
  const view = views.find(({ name, mode }) => name === 'waf' && mode !== 'off');
  if (view === undefined) return [];
  return [(view.config as WafConfig).rules ?? []].flat().flatMap((rule) => {
    if (!rule.startsWith('crs:')) return [];
    const written = rule.slice('crs:'.length);
    const found = changedSince(isAbsolute(written) ? written : join(folder, written));
    if (found === undefined || found.changed.length === 0) return [];
    const { version, changed } = found;
    const more = changed.length > mostNamed ? ` and ${changed.length - mostNamed} more` : '';
    const message = `the Core Rule Set ${version} is no longer as it was fetched: ${changed.slice(0, mostNamed).join(', ')}${more}`;
    return [{ place: view.place ?? [], message }];
  });
}
