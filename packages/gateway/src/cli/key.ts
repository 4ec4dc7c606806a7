import { resolve } from 'node:path';
import { duration } from '../config/units.ts';
import { type ApiKeyRecord, ApiKeyStore, type NewApiKey } from '../stores/api-keys.ts';
import { atMost, chooseAction, listed, readArguments, refuseStray } from './arguments.ts';
import { type Command, complain, print, UsageFault } from './command.ts';
import { keyTable, keyViews } from './key-table.ts';
import { StartFault } from './start-fault.ts';
import { existingFolder, locateState, type StateLocation } from './state-location.ts';

export const key: Command = {
  name: 'key',
  summary: 'make, list and revoke API keys',
  help: `portcullis key create --name NAME [--subject S] [--scopes A,B] [--roles R,S] [--expires 90d]
portcullis key list [--json]
portcullis key revoke ID

  create   makes a key and prints its id and the key itself. The key is shown this once: the gateway keeps
           only a keyed hash of it.
  list     all keys, revoked and expired ones too
  revoke   ends a key; a gateway that runs refuses it within 5 seconds

  --name NAME      what people call the key: who has it, and for what
  --subject S      whom the key stands for, in logs and in rate limits by principal. Default: the id of the key
  --scopes A,B     scopes, as the security of the OpenAPI definition names them
  --roles R,S      roles, as roles: and authorization name them
  --expires TIME   after which the key ends: 12h, 90d. Default: never
  --json           list as JSON

Keys are in the state folder of the configuration; a gateway that runs sees new ones at once.

  --config FILE, -c FILE   the configuration. Default portcullis.yaml in this folder
  --state FOLDER           the state folder itself, in the place of a configuration

Exit code: 0 done; 1 it could not be done; 2 wrong use.`,
  async run(args) {
    const { values, positionals } = readArguments('key', args, options);
    const { action, perform, words } = chooseAction('key', actions, positionals);
    refuseStray(`key ${action}`, values, optionsOf[action] ?? []);
    return orFault(() => perform(values, words));
  },
};

const options = {
  config: { type: 'string', short: 'c' },
  state: { type: 'string' },
  name: { type: 'string' },
  subject: { type: 'string' },
  scopes: { type: 'string', multiple: true },
  roles: { type: 'string', multiple: true },
  expires: { type: 'string' },
  json: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof readArguments<typeof options>>['values'];

const actions: Readonly<Record<string, (values: Values, words: readonly string[]) => number>> = {
  create,
  list,
  revoke,
};

const optionsOf: Readonly<Record<string, readonly string[]>> = {
  create: ['name', 'subject', 'scopes', 'roles', 'expires'],
  list: ['json'],
  revoke: [],
};

function create(values: Values, words: readonly string[]): number {
  atMost('key', words, 0);
  if (values.name === undefined)
    throw new UsageFault('give the key a name: portcullis key create --name NAME');
  const wanted: NewApiKey = {
    name: values.name,
    scopes: listed(values.scopes),
    roles: listed(values.roles),
    ...(values.subject === undefined ? {} : { subject: values.subject }),
    ...(values.expires === undefined ? {} : { expiresAt: Date.now() + lengthOf(values.expires) }),
  };
  const { folder, keyFields } = location(values);
  const made = withStore(folder, {}, (store) => store.create(wanted));
  print(`id   ${made.id}\nkey  ${made.key}`);
  complain(`\nThe key is not shown again: hand it over now. ${sendingText(keyFields)}`);
  return 0;
}

function list(values: Values, words: readonly string[]): number {
  atMost('key', words, 0);
  const { folder } = values.state === undefined ? location(values) : existingFolder(values.state);
  const records = withStore(folder, { readOnly: true }, (store) => store.list());
  if (values.json === true) print(JSON.stringify(keyViews(records, Date.now()), null, 2));
  else print(records.length === 0 ? `there are no keys in ${folder}` : keyTable(records, Date.now()));
  return 0;
}

function revoke(values: Values, words: readonly string[]): number {
  const [id] = words;
  if (id === undefined)
    throw new UsageFault('name the id of the key: portcullis key revoke k_...; key list shows the ids');
  atMost('key', words, 1);
  if (id.startsWith('pck_'))
    throw new UsageFault('this is a key; revoke takes its id, k_..., which key list shows');
  const { folder } = values.state === undefined ? location(values) : existingFolder(values.state);
  const record = withStore(folder, { readOnly: true }, (store) => store.list()).find(
    (each) => each.id === id,
  );
  if (record === undefined)
    throw new StartFault(`there is no key ${id} in ${folder}; portcullis key list shows those that are`);
  if (record.revokedAt !== undefined)
    print(`${id} was revoked before, on ${new Date(record.revokedAt).toISOString()}`);
  else {
    withStore(folder, {}, (store) => store.revoke(id));
    print(`${id} is revoked (${nameOf(record)}); a gateway that runs refuses it within 5 seconds`);
  }
  return 0;
}

function nameOf({ name, subject, id }: ApiKeyRecord): string {
  return subject === id ? name : `${name}, for ${subject}`;
}

function location(values: Values): StateLocation {
  if (values.state === undefined) return locateState(values.config ?? 'portcullis.yaml', process.env);
  if (values.config !== undefined)
    throw new UsageFault('--state stands in the place of --config; give one of them');
  return { folder: resolve(values.state), keyFields: undefined };
}

function withStore<T>(folder: string, how: { readOnly?: boolean }, use: (store: ApiKeyStore) => T): T {
  const store = new ApiKeyStore(folder, how);
  try {
    return use(store);
  } finally {
    store.close();
  }
}

/** Milliseconds. */
function lengthOf(text: string): number {
  const read = duration().safeParse(text);
  if (!read.success || read.data === 0)
    throw new UsageFault(`--expires ${text}: expected a length of time such as 12h or 90d`);
  return read.data;
}

function sendingText(fields: readonly string[] | undefined): string {
  if (fields === undefined)
    return 'Callers send it in the header that the authenticator names, x-api-key by default.';
  if (fields.length === 0) {
    return 'No authenticator of this configuration takes keys yet: add { apiKey: {} } to authenticators.';
  }
  return `Callers send it in the header ${[...new Set(fields)].join(' or ')}.`;
}

/** What the store says of a property is about the command; what it says of the folder is about the machine. */
function orFault(action: () => number): number {
  try {
    return action();
  } catch (error) {
    if (error instanceof UsageFault || error instanceof StartFault || error instanceof TypeError) throw error;
    if (error instanceof RangeError) throw new UsageFault(error.message);
    throw new StartFault((error as Error).message);
  }
}
