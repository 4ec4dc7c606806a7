import type { Environment } from '../../environment.ts';
import type { Head, Known, Principal } from '../../exchange.ts';
import { definePolicy } from '../../policy.ts';
import type { Api } from '../../routing/apis.ts';
import { compileRemoval } from './credential.ts';
import { answerKeySet, wellKnownName } from './key-set.ts';
import { type IdentityKeys, identityKeys } from './keys.ts';
import { jwtField, schema, type UpstreamIdentityConfig } from './schema.ts';
import { compileToken } from './token.ts';
import { compileFields } from './values.ts';

export const upstreamIdentity = definePolicy({
  name: 'upstream-identity',
  summary:
    'Tells the upstream who calls, by a short-lived JWT that the gateway signs, or by chosen fields; keeps clients from doing so.',
  phase: ['head', 'upstream'],
  schema,
  problems: ['method-unknown'],
  onFault: 'refuse',
  prepare(config, environment) {
    const { api } = environment;
    // Requests that no API takes reach no upstream.
    if (api === undefined) return {};
    const { jwt } = config;
    const keys = jwt === undefined ? undefined : identityKeys(environment);
    const identity = compileIdentity(config, api, keys, environment);
    const removeCredentials =
      config.credential === 'remove' ? compileRemoval(environment.authenticators) : undefined;
    const watching = config.mode === 'monitor';
    return {
      gatewayFields: [
        ...(jwt === undefined ? [] : [jwtField(jwt)]),
        ...Object.keys(config.fields ?? {}).map((name) => name.toLowerCase()),
      ],
      ...(keys === undefined
        ? {}
        : { head: (request: Head) => answerKeySet(request, api, keys), wellKnown: [wellKnownName] }),
      upstream(request) {
        if (!watching) removeCredentials?.(request);
        const { principal } = request;
        // Nobody is known: that nothing is there says so.
        if (principal === undefined) return undefined;
        const fields = identity(principal, request);
        if (watching) return undefined;
        for (let i = 0; i < fields.length; i += 2) request.upstreamFields.set(fields[i]!, fields[i + 1]!);
        return undefined;
      },
    };
  },
});

/** What goes to the upstream of a caller, name and value by turns. @throws HandOnFault */
type Identity = (principal: Principal, request: Head & Known) => readonly string[];

function compileIdentity(
  config: UpstreamIdentityConfig,
  api: Api,
  keys: IdentityKeys | undefined,
  { now }: Environment,
): Identity {
  const chosen = compileFields(config.fields ?? {});
  const { jwt } = config;
  if (jwt === undefined || keys === undefined) return chosen;
  const name = jwtField(jwt);
  const token = compileToken(jwt, api, keys, now);
  return (principal, request) => [...chosen(principal), name, token(principal, request)];
}
