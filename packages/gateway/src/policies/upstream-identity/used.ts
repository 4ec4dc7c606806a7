import type { Configuration, PolicySet } from '../../config/schema.ts';
import type { UpstreamIdentityConfig } from './schema.ts';

/** Whether any part of a configuration needs keys to sign with. */
export function signsIdentities({ policies, apis }: Configuration): boolean {
  const sets = Object.values(apis).flatMap((api) => [
    api.policies,
    ...Object.values(api.operations ?? {}).map((operation) => operation.policies),
  ]);
  return [policies, ...sets].some(signs);
}

function signs(set: PolicySet | undefined): boolean {
  const config = set?.['upstream-identity'] as UpstreamIdentityConfig | 'off' | undefined;
  return typeof config === 'object' && config.mode !== 'off' && config.jwt !== undefined;
}
