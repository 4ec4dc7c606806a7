import { bodyTargets } from './body-targets.ts';
import { definitionTargets } from './definition-targets.ts';
import { fieldTargets } from './field-targets.ts';
import { jsonTarget } from './json-target.ts';
import { stripTargets } from './strip-targets.ts';
import { contentTargets, type Target } from './targets.ts';

export const targets: readonly Target[] = [
  jsonTarget,
  ...contentTargets,
  ...fieldTargets,
  ...bodyTargets,
  ...definitionTargets,
  ...stripTargets,
];
