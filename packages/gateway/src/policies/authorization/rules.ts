import type { Environment } from '../../environment.ts';
import type { Operation } from '../../routing/apis.ts';
import { allChallenges, realmOf } from '../authentication/challenges.ts';
import { Faults, type Where } from '../faults.ts';
import { type Binding, bindingCheck } from './binding.ts';
import {
  type Check,
  denyEverybody,
  denySome,
  needAlternative,
  needCondition,
  needCredential,
  needPermission,
  needRole,
  needScopes,
  undecided,
} from './checks.ts';
import { type Condition, Conditions } from './condition.ts';
import type { ContentRules } from './content.ts';
import { type FieldEntry, replyRules, requestRules } from './content-rules.ts';
import { compileBindings, compileFields } from './entries.ts';
import type { AuthorizationConfig, RuleConfig } from './schema.ts';
import { compileSecurity, isPublic } from './security.ts';

/** All that is asked for one operation. */
export interface OperationRules {
  /** In the order in which they are asked; the first that is not met decides. */
  readonly checks: readonly Check[];
  /** Undefined where nothing is asked of bodies. */
  readonly request: ContentRules | undefined;
  readonly reply: ContentRules | undefined;
}

/** The rules of an API, and of what its definition does not have. */
export interface ApiRules {
  readonly of: (operation: Operation | undefined) => OperationRules;
}

/**
 * Compiles the rules of every operation of an API.
 * @throws OptionFault, or AggregateError of them
 */
export async function compileRules(config: AuthorizationConfig, environment: Environment): Promise<ApiRules> {
  const compiler = new RuleCompiler(config, environment);
  await compiler.openConditions();
  const rules = compiler.compile();
  compiler.faults.throwAll();
  return rules;
}

/** What a rule asks, as checks; by kind, as a decision goes through kinds and not through rules. */
interface RuleChecks {
  readonly deny: readonly Check[];
  /** Scopes, roles, permissions, conditions. */
  readonly needs: readonly Check[];
  /** It asks for something that only a principal has. */
  readonly needsPrincipal: boolean;
}

const nothing: RuleChecks = { deny: [], needs: [], needsPrincipal: false };

class RuleCompiler {
  readonly faults = new Faults();
  readonly #config: AuthorizationConfig;
  readonly #environment: Environment;
  readonly #operations: readonly Operation[];
  #conditions: Conditions | undefined = undefined;

  constructor(config: AuthorizationConfig, environment: Environment) {
    this.#config = config;
    this.#environment = environment;
    this.#operations = environment.api?.operations ?? [];
  }

  async openConditions(): Promise<void> {
    const rules = [this.#config, ...Object.values(this.#config.operations ?? {})];
    const any = rules.some(
      ({ when, deny }) => when !== undefined || (Array.isArray(deny) && deny.some((each) => each.when)),
    );
    if (any) this.#conditions = await Conditions.open(this.#environment.roles);
  }

  compile(): ApiRules {
    this.#expectDefinition();
    const forAll = this.#rule(this.#config, [], 'api ');
    const own = this.#ownRules();
    const around = {
      operations: this.#operations,
      roles: this.#environment.roles,
      faults: this.faults,
      observing: this.#config.mode === 'monitor',
    };
    const bindings = compileBindings(this.#config.bind, around);
    const fields = compileFields(this.#config.fields, around);
    const byOperation = new Map(
      this.#operations.map((operation) => [
        operation,
        this.#rulesOf(operation, forAll, own.get(nameOf(operation)) ?? nothing, bindings, fields),
      ]),
    );
    const elsewhere = this.#rulesElsewhere(forAll);
    return {
      of: (operation) => (operation === undefined ? undefined : byOperation.get(operation)) ?? elsewhere,
    };
  }

  /** Without operations nothing says which parameters and bodies there are. */
  #expectDefinition(): void {
    const { api } = this.#environment;
    // Requests that no API takes have no operations; whether the names are right, the APIs tell.
    if (api === undefined || api.operations !== undefined) return;
    for (const option of ['operations', 'bind', 'fields'] as const) {
      if (this.#config[option] !== undefined)
        this.faults.add(
          [option],
          'needs the definition of the API (openapi), which says what operations there are',
        );
    }
  }

  #ownRules(): ReadonlyMap<string, RuleChecks> {
    const own = new Map<string, RuleChecks>();
    const known = new Set(this.#operations.map(nameOf));
    for (const [written, config] of Object.entries(this.#config.operations ?? {})) {
      if (known.has(written)) own.set(written, this.#rule(config, ['operations', written], ''));
      else if (this.#operations.length > 0)
        this.faults.add(['operations', written], `the definition has no operation ${written}`);
    }
    return own;
  }

  #rule(config: RuleConfig, where: Where, prefix: string): RuleChecks {
    const { roles } = this.#environment;
    const realm = realmOf(this.#environment);
    const needs: Check[] = [];
    if (config.scopes !== undefined) needs.push(needScopes(config.scopes, realm));
    if (config.roles !== undefined) {
      const written = config.roles;
      const enough = this.faults.try([...where, 'roles'], () => roles.having(written));
      if (enough !== undefined) needs.push(needRole(written, enough));
    }
    for (const [index, permission] of (config.permissions ?? []).entries()) {
      const holders = this.faults.try([...where, 'permissions', index], () => roles.allowed(permission));
      if (holders !== undefined) needs.push(needPermission(permission, holders));
    }
    const needsPrincipal = needs.length > 0;
    if (config.when !== undefined) {
      const condition = this.#condition(config.when, [...where, 'when']);
      if (condition !== undefined) needs.push(needCondition(prefix, condition));
    }
    return { deny: this.#denials(config.deny, where, prefix), needs, needsPrincipal };
  }

  #denials(deny: RuleConfig['deny'], where: Where, prefix: string): readonly Check[] {
    if (deny === undefined) return [];
    if (deny === 'everybody') return [denyEverybody(prefix)];
    return deny.map(({ roles: written, when }, index) => {
      const at = [...where, 'deny', index];
      const roles =
        written === undefined
          ? undefined
          : this.faults.try([...at, 'roles'], () => this.#environment.roles.having(written));
      const condition = when === undefined ? undefined : this.#condition(when, [...at, 'when']);
      return denySome(prefix, written, roles, condition);
    });
  }

  #condition(text: string, where: Where): Condition | undefined {
    return this.faults.try(where, () => this.#conditions!.compile(text));
  }

  #rulesOf(
    operation: Operation,
    forAll: RuleChecks,
    own: RuleChecks,
    bindings: readonly Binding[],
    fields: readonly FieldEntry[],
  ): OperationRules {
    const { security, shared } = operation.definition;
    const open = isPublic(operation);
    const bound = bindings.flatMap((each) => bindingCheck(each, operation) ?? []);
    const request = requestRules(operation, bindings, fields);
    const reply = replyRules(operation, bindings, fields);
    const needsPrincipal =
      !open ||
      forAll.needsPrincipal ||
      own.needsPrincipal ||
      bound.some((check) => check.isOptional !== true) ||
      [request, reply].some((content) => content?.bindings.some(({ required }) => required) === true);
    // Whose an object is says not who may call, and a condition of the whole API was written without this one in mind.
    const isDecided = security !== undefined || forAll.needsPrincipal || own.needs.length > 0;
    return {
      checks: [
        ...forAll.deny,
        ...own.deny,
        ...(needsPrincipal ? [this.#needCredential()] : []),
        ...(isDecided ? [] : this.#silence(silences.silent)),
        ...(security === undefined || open
          ? []
          : [needAlternative(compileSecurity(security, shared.securitySchemes), realmOf(this.#environment))]),
        ...inOrder([...forAll.needs, ...own.needs]),
        ...bound,
      ],
      request,
      reply,
    };
  }

  /**
   * What is asked of a request for no operation that is known. Where something is bound, nobody could say whose object
   * it is about: then it is refused, whatever `undeclared` says.
   */
  #rulesElsewhere(forAll: RuleChecks): OperationRules {
    const { api } = this.#environment;
    const blind = this.#config.bind !== undefined || this.#config.fields !== undefined;
    const decided = api !== undefined && api.operations === undefined && forAll.needsPrincipal;
    const why = silences[api?.operations === undefined ? 'no definition' : 'not defined'];
    return {
      checks: [
        ...forAll.deny,
        this.#needCredential(),
        ...(blind ? [undecided(why)] : decided ? [] : this.#silence(why)),
        ...inOrder(forAll.needs),
      ],
      request: undefined,
      reply: undefined,
    };
  }

  #needCredential(): Check {
    return needCredential(allChallenges(this.#environment));
  }

  #silence(why: string): readonly Check[] {
    return this.#config.undeclared === 'authenticated' ? [] : [undecided(why)];
  }
}

const silences = {
  'no definition': 'there is no definition that says who may, and authorization.undeclared is refuse',
  'not defined': 'the definition does not have it, and authorization.undeclared is refuse',
  silent: 'neither the definition nor a rule of authorization says who may, and undeclared is refuse',
} as const;

function nameOf({ method, path }: Operation): string {
  return `${method} ${path}`;
}

const order = ['scopes', 'roles', 'permissions', 'condition'] as const;

/** All scopes before all roles, whichever rule asks for them: the reason that is given is the one to begin with. */
function inOrder(checks: readonly Check[]): readonly Check[] {
  return order.flatMap((kind) => checks.filter((check) => check.kind === kind));
}
