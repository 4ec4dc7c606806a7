import type { Loaded } from '../config/load.ts';
import { type ApiRules, compileRules } from '../policies/authorization/rules.ts';
import type { AuthorizationConfig } from '../policies/authorization/schema.ts';
import type { Api } from '../routing/apis.ts';
import { environmentToLook } from './look-environment.ts';
import { type PolicyView, viewPolicies } from './policy-view.ts';

/** The rules of authorization for an API, or an operation, by its policies; undefined where it refuses nobody. */
export type RulesFor = (views: readonly PolicyView[]) => ApiRules | undefined;

/**
 * Compiles what `authorization` says of an API, and of the operations that have policies of their own.
 * @param api whose operations the rules are asked about: the very objects
 */
export async function rulesOfApi(loaded: Loaded, api: Api): Promise<RulesFor> {
  const environment = environmentToLook(loaded, api);
  const compiled = new Map<string, ApiRules>();
  const operations = Object.keys(loaded.bundle.configuration.apis[api.name]?.operations ?? {});
  for (const operation of [undefined, ...operations]) {
    const config = enforced(viewPolicies(loaded, { api, operation }));
    if (config === undefined) continue;
    const key = JSON.stringify(config);
    if (!compiled.has(key)) compiled.set(key, await compileRules(config, environment));
  }
  return (views) => {
    const config = enforced(views);
    return config === undefined ? undefined : compiled.get(JSON.stringify(config));
  };
}

function enforced(views: readonly PolicyView[]): AuthorizationConfig | undefined {
  const view = views.find(({ name }) => name === 'authorization');
  return view?.mode === 'enforce' ? (view.config as AuthorizationConfig) : undefined;
}
