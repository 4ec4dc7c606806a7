import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import type { Head, Known } from '../../exchange.ts';
import { withoutZone } from '../../http/address.ts';
import { compileAddressSet } from '../../http/address-set.ts';
import { wallClock } from '../wall-clock.ts';
import { ConditionInput, PrincipalInput, RequestInput, Undecidable } from './condition-input.ts';
import type { RoleModel } from './roles.ts';

/** A condition, ready to be asked. */
export interface Condition {
  readonly text: string;
  /**
   * @returns whether it holds; what cannot be worked out, as a claim is missing or of another type, is a reason for the
   *   record, without any value of the request
   */
  decide(input: Head & Known): boolean | { readonly undecided: string };
}

/** Nodes of an expression, and how deep they may nest. */
const limits = {
  maxAstNodes: 250,
  maxDepth: 24,
  maxListElements: 200,
  maxMapEntries: 50,
  maxCallArguments: 8,
};

/** Functions that take time in proportion to what they are given; whatever else CEL has is not needed here. */
const functions = new Set([
  'has',
  'size',
  'string',
  'int',
  'double',
  'bool',
  'timestamp',
  'duration',
  'startsWith',
  'endsWith',
  'contains',
  'lowerAscii',
  'getFullYear',
  'getMonth',
  'getDate',
  'getDayOfWeek',
  'getHours',
  'getMinutes',
]);

/** Those that go through a list. One inside another takes quadratic time. */
const loops = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);

/** Functions of ours; their second argument is written out, so that it is compiled once. */
const ours: Readonly<Record<string, (text: string) => Compiled>> = {
  inNetwork: (text) => compileAddressSet([text]),
  matches: linearPattern,
  hourIn: wallClock,
  weekdayIn: wallClock,
};

type Compiled =
  | { has(address: string): boolean }
  | { test(text: string): boolean }
  | ReturnType<typeof wallClock>;

/**
 * Compiles conditions in CEL (https://cel.dev), of which a part is offered: expressions are bounded in size, lists are
 * gone through one at a time, patterns, networks and time zones are written out and compiled here.
 */
export class Conditions {
  readonly #environment: Environment;
  readonly #roles: RoleModel;
  readonly #compiled = new Map<string, Compiled>();

  private constructor(environment: Environment, roles: RoleModel) {
    this.#environment = environment;
    this.#roles = roles;
  }

  /** Loads the library, which takes as long as much of the rest of the gateway: only where there are conditions. */
  static async open(roles: RoleModel): Promise<Conditions> {
    const { Environment } = await import('@marcbachmann/cel-js');
    const environment = new Environment({ limits });
    const conditions = new Conditions(environment, roles);
    conditions.#declare();
    return conditions;
  }

  /** @throws Error that says what is wrong, and at which character */
  compile(text: string): Condition {
    const expression = told(text, () => this.#environment.parse(text));
    this.#allow(expression.ast, false);
    const { valid, type, error } = expression.check();
    if (!valid) throw faultOf(text, error);
    if (type !== 'bool') {
      throw new Error(
        `expected a condition, which is true or false; this is of type ${type}${type === 'dyn' ? ': compare it, with == true for example' : ''}`,
      );
    }
    const roles = this.#roles;
    return {
      text,
      decide(input) {
        try {
          return expression(new ConditionInput(input, roles)) === true;
        } catch (fault) {
          return { undecided: reasonOf(fault) };
        }
      },
    };
  }

  #declare(): void {
    const environment = this.#environment;
    const timestamp = 'google.protobuf.Timestamp';
    environment
      .registerType('Request', {
        ctor: RequestInput,
        fields: {
          method: 'string',
          path: 'string',
          host: 'string',
          operation: 'string',
          query: 'map<string, list<string>>',
          fields: 'map<string, string>',
          pathValues: 'map<string, string>',
        },
      })
      .registerType('Principal', {
        ctor: PrincipalInput,
        fields: {
          known: 'bool',
          subject: 'string',
          client: 'string',
          authenticator: 'string',
          scopes: 'list<string>',
          roles: 'list<string>',
          permissions: 'list<string>',
        },
      })
      .registerVariable('request', 'Request')
      .registerVariable('principal', 'Principal')
      .registerVariable('claims', 'map<string, dyn>')
      .registerVariable('time', timestamp)
      .registerVariable('address', 'string')
      .registerFunction('inNetwork(string, string): bool', (address: string, network: string) =>
        (this.#of('inNetwork', network) as { has(address: string): boolean }).has(withoutZone(address)),
      )
      .registerFunction(`string.${ownMatches}(string): bool`, (value: string, pattern: string) =>
        (this.#of('matches', pattern) as { test(text: string): boolean }).test(value),
      )
      .registerFunction(`hourIn(${timestamp}, string): int`, (time: Date, zone: string) =>
        BigInt(Math.floor(this.#wall('hourIn', time, zone).minute / 60)),
      )
      .registerFunction(
        `weekdayIn(${timestamp}, string): string`,
        (time: Date, zone: string) => this.#wall('weekdayIn', time, zone).weekday,
      );
  }

  #of(name: string, text: string): Compiled {
    return this.#compiled.get(`${name} ${text}`)!;
  }

  #wall(name: string, time: Date, zone: string) {
    return (this.#of(name, zone) as ReturnType<typeof wallClock>)(time.getTime());
  }

  /** Goes through the expression before it is checked, and refuses what has no bound. */
  #allow(node: ASTNode, inLoop: boolean): void {
    if (node.op === 'call') {
      const [name, args] = node.args;
      this.#allowCall(node, name, args, undefined, inLoop);
    } else if (node.op === 'rcall') {
      const [name, receiver, args] = node.args;
      this.#allow(receiver, inLoop);
      this.#allowCall(node, name, args, receiver, inLoop);
    } else for (const child of childrenOf(node)) this.#allow(child, inLoop);
  }

  #allowCall(
    node: ASTNode,
    name: string,
    args: readonly ASTNode[],
    receiver: ASTNode | undefined,
    inLoop: boolean,
  ): void {
    if (Object.hasOwn(ours, name)) this.#prepare(node, name, receiver === undefined ? args[1] : args[0]);
    else if (loops.has(name)) {
      if (inLoop) throw refused(node, `${name} stands inside another one: go through one list at a time`);
    } else if (!functions.has(name)) throw refused(node, `there is no function ${name} here`);
    else if (name.startsWith('get') && args.length > 0)
      throw refused(node, 'hourIn(time, "Europe/Berlin") and weekdayIn say what a clock there shows');
    for (const each of args) this.#allow(each, inLoop || loops.has(name));
    // The library's own would compile the pattern for each request, on an engine without a bound.
    if (name === 'matches') (node.args as unknown as string[])[0] = ownMatches;
  }

  #prepare(node: ASTNode, name: string, argument: ASTNode | undefined): void {
    const text = argument?.op === 'value' ? argument.args : undefined;
    if (typeof text !== 'string')
      throw refused(argument ?? node, `${name} needs a text that is written out, in quotes`);
    try {
      this.#compiled.set(`${name} ${text}`, ours[name]!(text));
    } catch (fault) {
      throw refused(argument!, (fault as Error).message);
    }
  }
}

const ownMatches = 'matchesPattern';

function childrenOf(node: ASTNode): readonly ASTNode[] {
  const { args } = node as { args: unknown };
  return [args].flat(3).filter(isNode);
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

/**
 * A pattern for the engine of V8 that takes linear time, which cli/process.ts switches on; what it does not have is
 * refused, as the caller chooses the text. It goes by UTF-16 units.
 * @throws Error
 */
function linearPattern(source: string): RegExp {
  if (/\(\?<?[=!]|\\[1-9k]/.test(source))
    throw new Error('a pattern has neither look-around nor back-references');
  if (/\\[pPu]\{/.test(source)) throw new Error('a pattern has no Unicode properties');
  const plain = new RegExp(source);
  const linear = linearOf(source);
  if (linear === undefined && linearOf('a') !== undefined)
    throw new Error('the pattern cannot be matched in linear time; write it without large counts');
  return linear ?? plain;
}

function linearOf(source: string): RegExp | undefined {
  try {
    return new RegExp(source, 'l');
  } catch {
    return undefined;
  }
}

/** In words of ours where the library speaks of its own node, with the place in the text. */
function refused(node: ASTNode, message: string): Error {
  return new Error(`${message} (at character ${node.start + 1})`);
}

function told<T>(text: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw faultOf(text, error);
  }
}

function faultOf(text: string, error: unknown): Error {
  const { summary, range, message } = error as {
    summary?: string;
    range?: { start: number };
    message: string;
  };
  const at = range === undefined ? '' : ` (at character ${Math.min(range.start, text.length) + 1})`;
  return new Error(`not a condition: ${summary ?? message}${at}`);
}

/** Codes and names out of the condition itself; messages of the library quote values, which belong in no record. */
function reasonOf(fault: unknown): string {
  if (fault instanceof Undecidable) return fault.message;
  const { code } = fault as { code?: unknown };
  return typeof code === 'string' ? code.replaceAll('_', '-') : 'fault';
}
