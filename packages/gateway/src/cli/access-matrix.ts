import type { Loaded } from '../config/load.ts';
import type { Configuration } from '../config/schema.ts';
import type { Principal } from '../exchange.ts';
import { isBuiltIn } from '../oauth-server/built-in-api.ts';
import { type ContentRules, concernsNothing } from '../policies/authorization/content.ts';
import { contentOf } from '../policies/authorization/content-rules.ts';
import { hasOneOf } from '../policies/authorization/roles.ts';
import type { OperationRules } from '../policies/authorization/rules.ts';
import type { AuthorizationConfig } from '../policies/authorization/schema.ts';
import type { Operation } from '../routing/apis.ts';
import { type Access, accessText, whoMay } from './access.ts';
import { type RulesFor, rulesOfApi } from './api-rules.ts';
import { apiOf, type PolicyView, viewPolicies } from './policy-view.ts';

/** Whether somebody may call an operation: with objects of their own only, or under a condition, or never. */
export type Grant = 'yes' | 'own' | 'if' | 'own, if' | 'no';

export interface RoleGrant {
  readonly may: Grant;
  /** Fields of requests that the role may not send, and of replies that it does not see, as `fields` has them. */
  readonly mayNotWrite: readonly string[];
  readonly doesNotSee: readonly string[];
}

/** Who may call one operation. */
export interface AccessRow {
  /** METHOD and path; undefined for an API that has no definition. */
  readonly operation: string | undefined;
  /** `nobody` and `everybody` are what a review begins with. */
  readonly mark: 'nobody' | 'everybody' | undefined;
  /** In one line, with scopes. */
  readonly needs: string;
  /** Who sends no credential. */
  readonly anybody: RoleGrant;
  /** Who is known, without any role. */
  readonly known: RoleGrant;
  /** By name of the role, with all scopes that are asked for. */
  readonly roles: Readonly<Record<string, RoleGrant>>;
}

export interface ApiAccess {
  readonly api: string;
  readonly visibility: 'public' | 'internal';
  readonly operations: readonly AccessRow[];
}

/** All roles that the configuration speaks of: those of `roles:`, and others that rules ask for. */
export function rolesIn(loaded: Loaded): string[] {
  const { roles, policies, apis } = loaded.bundle.configuration;
  const named = new Set([...Object.keys(roles ?? {}), ...rolesOfCertificates(loaded.bundle.configuration)]);
  const sets = [policies, ...Object.values(apis).flatMap(setsOf)];
  for (const set of sets) {
    const config = (set as { authorization?: AuthorizationConfig | 'off' } | undefined)?.authorization;
    if (config !== undefined && config !== 'off') for (const role of rolesOf(config)) named.add(role);
  }
  return [...named];
}

function setsOf({ policies, operations }: Loaded['bundle']['configuration']['apis'][string]): unknown[] {
  return [policies, ...Object.values(operations ?? {}).map((each) => each.policies)];
}

/** Those that rules about client certificates give. */
function rolesOfCertificates({ authenticators = {} }: Configuration): string[] {
  return Object.values(authenticators).flatMap((each) =>
    'certificate' in each ? (each.certificate.allow ?? []).flatMap(({ roles = [] }) => roles) : [],
  );
}

function* rolesOf({ operations, bind, fields, ...all }: AuthorizationConfig): Generator<string> {
  for (const { roles, deny } of [all, ...Object.values(operations ?? {})]) {
    yield* roles ?? [];
    if (Array.isArray(deny)) for (const each of deny) yield* each.roles ?? [];
  }
  for (const each of Object.values(bind ?? {})) if (typeof each === 'object') yield* each.except ?? [];
  for (const { read, write } of Object.values(fields ?? {})) {
    for (const list of [read, write]) if (Array.isArray(list)) yield* list;
  }
}

/** The matrix of every operation of every API and these roles. What is built in has no roles: it stands beside them. */
export async function accessMatrix(loaded: Loaded, roles: readonly string[]): Promise<ApiAccess[]> {
  const { apis } = loaded.bundle.configuration;
  const matrix: ApiAccess[] = [];
  for (const [name, { visibility = 'public' }] of Object.entries(apis)) {
    if (isBuiltIn(name)) continue;
    const api = apiOf(loaded, name);
    const rules = await rulesOfApi(loaded, api);
    const rows = (api.operations ?? [undefined]).map((operation) => {
      const written = operation === undefined ? undefined : `${operation.method} ${operation.path}`;
      const views = viewPolicies(loaded, { api, operation: written });
      return rowOf(loaded, operation, views, rules, roles);
    });
    matrix.push({ api: name, visibility, operations: rows });
  }
  return matrix;
}

function rowOf(
  loaded: Loaded,
  operation: Operation | undefined,
  views: readonly PolicyView[],
  rulesFor: RulesFor,
  roles: readonly string[],
): AccessRow {
  const rules = rulesFor(views)?.of(operation);
  const access = whoMay(operation, rules, views, loaded.bundle.configuration.authenticators ?? {});
  const takesFields = operation !== undefined && contentOf(operation) === 'json';
  const grant = (principal: Principal | undefined): RoleGrant =>
    grantOf(access, rules, principal, takesFields);
  const anybody = grant(undefined);
  const known = grant(principalWith([]));
  const byRole = Object.fromEntries(roles.map((role) => [role, grant(principalWith([role]))]));
  const nobody = [anybody, known, ...Object.values(byRole)].every(({ may }) => may === 'no');
  return {
    operation: operation === undefined ? undefined : `${operation.method} ${operation.path}`,
    mark: nobody ? 'nobody' : anybody.may === 'no' ? undefined : 'everybody',
    needs: accessText(access),
    anybody,
    known,
    roles: byRole,
  };
}

const nothing: RoleGrant = { may: 'no', mayNotWrite: [], doesNotSee: [] };

function grantOf(
  access: Access,
  rules: OperationRules | undefined,
  principal: Principal | undefined,
  takesFields: boolean,
): RoleGrant {
  if (access.kind === 'nobody' || (access.kind !== 'anybody' && principal === undefined)) return nothing;
  if (rules === undefined) return { ...nothing, may: 'yes' };
  let own = false;
  let depends = false;
  for (const check of rules.checks) {
    if (check.isStatic) {
      // What is static looks at the principal alone.
      if (check.decide({ principal } as Parameters<typeof check.decide>[0]) !== undefined) return nothing;
    } else if (check.kind === 'binding') {
      const exempt = principal !== undefined && check.exempts?.(principal) === true;
      if (!exempt && check.isOptional !== true) own = true;
    } else if (check.kind !== 'deny' || mayFit(check, principal)) depends = true;
  }
  const contents = [rules.request, rules.reply].filter((each) => each !== undefined);
  if (contents.some((content) => isBound(content, principal))) own = true;
  return {
    may: own ? (depends ? 'own, if' : 'own') : depends ? 'if' : 'yes',
    mayNotWrite: takesFields ? closedTo(rules.request, principal) : [],
    doesNotSee: closedTo(rules.reply, principal),
  };
}

/** A condition under which only some roles are denied is none for the others. */
function mayFit(
  { exempts }: { readonly exempts?: (principal: Principal) => boolean },
  principal: Principal | undefined,
): boolean {
  return principal === undefined || exempts?.(principal) !== true;
}

function isBound(content: ContentRules, principal: Principal | undefined): boolean {
  const bindings = content.bindings.filter(({ required }) => required);
  return bindings.length > 0 && !concernsNothing({ bindings, fields: [] }, principal);
}

function closedTo(content: ContentRules | undefined, principal: Principal | undefined): string[] {
  return (content?.fields ?? [])
    .filter(({ allowed }) => principal === undefined || !hasOneOf(principal.roles, allowed))
    .map(({ text }) => text);
}

/** Somebody with all scopes, by whatever credential the operation asks for. */
function principalWith(roles: readonly string[]): Principal {
  return {
    authenticator: 'any',
    kind: 'custom',
    subject: 'somebody',
    client: undefined,
    scopes: everyScope,
    roles: new Set(roles),
    claims: {},
  };
}

class EveryScope extends Set<string> {
  override has(): boolean {
    return true;
  }
}

const everyScope: ReadonlySet<string> = new EveryScope();
