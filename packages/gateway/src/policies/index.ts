import type { PolicyDefinition } from '../policy.ts';
import { accessHours } from './access-hours/policy.ts';
import { accessLog } from './access-log/policy.ts';
import { authentication } from './authentication/policy.ts';
import { authorization } from './authorization/policy.ts';
import { clientAddress } from './client-address/policy.ts';
import { cors } from './cors/policy.ts';
import { graphql } from './graphql/policy.ts';
import { headers } from './headers/policy.ts';
import { ipAccess } from './ip-access/policy.ts';
import { leakProtection } from './leak-protection/policy.ts';
import { openapiValidation } from './openapi-validation/policy.ts';
import { rateLimit } from './rate-limit/policy.ts';
import { regionAccess } from './region-access/policy.ts';
import { requestLimits } from './request-limits/policy.ts';
import { responseValidation } from './response-validation/policy.ts';
import { sanitising } from './sanitising/policy.ts';
import { upstreamIdentity } from './upstream-identity/policy.ts';
import { waf } from './waf/policy.ts';

/** A policy of any configuration, as the registry holds it. */
// biome-ignore lint/suspicious/noExplicitAny: each policy takes the output of its own schema, which the loader guarantees
export type AnyPolicy = PolicyDefinition<any, any>;

/** Registry and order in one: inside a phase, policies run in the order of this list. */
export const policies: readonly AnyPolicy[] = [
  clientAddress, //      first, as others rely on the address
  ipAccess,
  regionAccess,
  accessHours,
  rateLimit, //          before anything that costs
  requestLimits,
  cors, //               answers preflights, which carry no credential
  authentication, //     answers for its metadata, which no definition has
  upstreamIdentity, //   answers for its keys, which no definition has either
  openapiValidation,
  responseValidation, // what the service answered, before anything is taken out of it
  sanitising, //         what it changes is validated once more, and what others judge is clean
  authorization,
  graphql, //            after the rules about content, which are cheaper
  waf, //                the dearest of all, over what the cheaper ones let through
  leakProtection, //     what authorization and the definition took out is not looked at
  headers,
  accessLog,
];

/** Policies of the user run after those that are built in and before what writes to the outside. */
export function withExtensions(extensions: readonly AnyPolicy[]): readonly AnyPolicy[] {
  const at = policies.indexOf(headers);
  return [...policies.slice(0, at), ...extensions, ...policies.slice(at)];
}
