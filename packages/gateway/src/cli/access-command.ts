import { nearest } from '../config/suggest.ts';
import { type AccessRow, type ApiAccess, accessMatrix, type RoleGrant, rolesIn } from './access-matrix.ts';
import { atMost, readArguments } from './arguments.ts';
import { columns } from './columns.ts';
import { type Command, print, UsageFault, usualFile } from './command.ts';
import { prepareToLook } from './preparation.ts';

export const access: Command = {
  name: 'access',
  summary: 'show which role may call which operation',
  help: `portcullis access [--as ROLE] [--config FILE] [--json]

Prints who may call every operation of every API, role by role, so that it can be seen at once whether each
role has no more than it needs:

  yes   may call it           own   only with objects of its own (authorization.bind)
  no    may not               if    when a condition holds (authorization: when, deny)

For each role it is taken that the credential has all the scopes that the operation asks for. "anybody" sends
no credential, "no role" is known but has none. Operations that nobody may call, and those that everybody may,
are marked.

  --as ROLE                only this role; may be given several times
  --config FILE, -c FILE   the configuration. Default portcullis.yaml in this folder
  --json                   the same as JSON, with the scopes, and the fields that a role may not send or see

Exit code: 0; 1 the configuration cannot be used; 2 wrong use.`,
  async run(args) {
    const { values, positionals } = readArguments('access', args, {
      config: { type: 'string', short: 'c' },
      as: { type: 'string', multiple: true },
      json: { type: 'boolean' },
    });
    atMost('access', positionals, 0);
    const { loaded, close } = await prepareToLook(values.config ?? usualFile, process.env);
    try {
      const roles = chosen(values.as, rolesIn(loaded));
      const matrix = await accessMatrix(loaded, roles);
      print(
        values.json === true
          ? JSON.stringify(accessJson(matrix, roles), null, 2)
          : accessTable(matrix, roles),
      );
    } finally {
      close();
    }
    return 0;
  },
};

/** @throws UsageFault for a role that the configuration does not speak of */
function chosen(asked: readonly string[] | undefined, known: readonly string[]): readonly string[] {
  for (const role of asked ?? []) {
    if (known.includes(role)) continue;
    const near = nearest(role, known);
    const hint = near === undefined ? `there are: ${known.join(', ') || 'none'}` : `did you mean "${near}"?`;
    throw new UsageFault(`--as ${role}: the configuration has no such role; ${hint}`);
  }
  return asked ?? known;
}

/** A table for each API. */
export function accessTable(matrix: readonly ApiAccess[], roles: readonly string[]): string {
  const tables = matrix.map(({ api, visibility, operations }) => {
    const head = ['', 'OPERATION', 'anybody', 'no role', ...roles];
    const rows = operations.map((row) => [
      row.mark ?? ' ',
      row.operation ?? '(no definition: every path)',
      cell(row.anybody),
      cell(row.known),
      ...roles.map((role) => cell(row.roles[role]!)),
    ]);
    const title = `api ${api}${visibility === 'internal' ? ' (internal)' : ''}`;
    return [title, columns([[' ', ...head.slice(1)], ...rows]), ...remarks(operations)].join('\n');
  });
  return tables.length === 0 ? 'there is no API' : tables.join('\n\n');
}

/** Fields that somebody may not have make a yes one that is worth a look. */
function cell({ may, mayNotWrite, doesNotSee }: RoleGrant): string {
  return may !== 'no' && mayNotWrite.length + doesNotSee.length > 0 ? `${may} *` : may;
}

function remarks(operations: readonly AccessRow[]): string[] {
  const count = (mark: AccessRow['mark']): number => operations.filter((row) => row.mark === mark).length;
  const total = `${operations.length} ${operations.length === 1 ? 'operation' : 'operations'}: ${count('nobody')} for nobody, ${count('everybody')} for everybody`;
  const limited = operations.some(({ anybody, known, roles }) =>
    [anybody, known, ...Object.values(roles)].some((grant) => cell(grant).endsWith('*')),
  );
  return [total, ...(limited ? ['* without some fields, see --json'] : [])];
}

/** For programs. */
export function accessJson(matrix: readonly ApiAccess[], roles: readonly string[]): unknown {
  return {
    roles,
    apis: matrix.map(({ api, visibility, operations }) => ({
      api,
      visibility,
      operations: operations.map(({ operation, mark, ...rest }) => ({
        operation: operation ?? null,
        mark: mark ?? null,
        ...rest,
      })),
    })),
  };
}
