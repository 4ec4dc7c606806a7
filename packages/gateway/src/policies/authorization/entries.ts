import type { Operation } from '../../routing/apis.ts';
import type { Faults, Where } from '../faults.ts';
import type { Binding } from './binding.ts';
import { contentOf, type FieldEntry } from './content-rules.ts';
import { compileOwner } from './owner.ts';
import type { RoleModel } from './roles.ts';
import type { AuthorizationConfig, BindingConfig } from './schema.ts';
import { covers, parseFieldTarget, parseTarget, pathIndex, type Scope } from './target.ts';

interface Surroundings {
  /** Empty for requests that no API takes: whether what is written is about something, the APIs tell. */
  readonly operations: readonly Operation[];
  readonly roles: RoleModel;
  readonly faults: Faults;
  /** Nothing is changed: what would be taken out is refused, and so recorded. */
  readonly observing: boolean;
}

const nobody: ReadonlySet<string> = new Set();

/** Compiles `bind:`. */
export function compileBindings(
  config: AuthorizationConfig['bind'],
  { operations, roles, faults }: Surroundings,
): readonly Binding[] {
  return Object.entries(config ?? {}).map(([text, written]) => {
    const {
      to,
      except = [],
      whenMissing,
    }: Exclude<BindingConfig, string> = typeof written === 'string' ? { to: written } : written;
    const target = parseTarget(text);
    const where = ['bind', text];
    if (!operations.some((each) => concerns(target, each))) aboutNothing(where, operations, faults);
    else if (target.kind === 'body') expectBody(where, target.scope, operations, faults);
    return {
      text,
      target,
      owner: compileOwner(to),
      except: faults.try([...where, 'except'], () => roles.having(except)) ?? nobody,
      passesMissing: whenMissing === 'pass',
    };
  });
}

function concerns(target: Binding['target'], operation: Operation): boolean {
  return target.kind === 'path' ? pathIndex(target, operation) >= 0 : covers(target.scope, operation);
}

/** Compiles `fields:`. */
export function compileFields(
  config: AuthorizationConfig['fields'],
  { operations, roles, faults, observing }: Surroundings,
): readonly FieldEntry[] {
  return Object.entries(config ?? {}).map(([text, { read, write, onRead, onWrite }]) => {
    const { scope, path } = parseFieldTarget(text);
    const where = ['fields', text];
    if (!operations.some((each) => covers(scope, each))) aboutNothing(where, operations, faults);
    else if (write !== undefined) expectBody(where, scope, operations, faults);
    const allowed = (option: string, names: typeof read): ReadonlySet<string> | undefined => {
      if (names === undefined) return undefined;
      if (names === 'nobody') return nobody;
      return faults.try([...where, option], () => roles.having(names)) ?? nobody;
    };
    return {
      text,
      scope,
      path,
      write: allowed('write', write),
      read: allowed('read', read),
      removesWritten: onWrite === 'remove' && !observing,
      removesRead: onRead !== 'refuse' && !observing,
    };
  });
}

function aboutNothing(where: Where, operations: readonly Operation[], faults: Faults): void {
  if (operations.length > 0) faults.add(where, 'the definition has no operation that it is about');
}

function expectBody(where: Where, scope: Scope, operations: readonly Operation[], faults: Faults): void {
  if (!scope.exact) return;
  const operation = operations.find((each) => covers(scope, each));
  if (operation !== undefined && contentOf(operation) !== 'json')
    faults.add(where, 'the operation takes no JSON body, so that there is nothing to look into');
}
