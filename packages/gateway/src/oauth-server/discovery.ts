import type { Middleware } from 'oidc-provider';
import type { OauthSettings } from './settings.ts';

/** Makes the metadata say what holds here: oidc-provider names response modes that our clients have not, and no scopes of APIs. */
export function discovery({ resources }: Pick<OauthSettings, 'resources'>): Middleware {
  const scopes = new Set([...resources.values()].flatMap((resource) => [...resource.scopes.keys()]));
  return async (context, next) => {
    await next();
    if (context.oidc?.route !== 'discovery') return;
    const metadata = context.body as Record<string, unknown>;
    metadata.response_modes_supported = ['query'];
    metadata.scopes_supported = [...(metadata.scopes_supported as string[]), ...scopes];
    context.set('cache-control', 'public, max-age=300');
  };
}
