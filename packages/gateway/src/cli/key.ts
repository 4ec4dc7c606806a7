import { duration } from '../config/units.ts';
import { ApiKeyStore, databaseFile } from '../stores/api-keys.ts';
import { upgradeDatabase } from '../stores/database.ts';
import type { ApiKeyRecord, KeyLimit, NewApiKey } from '../stores/key-record.ts';
import { keyPattern, keyPrefix } from '../stores/key-text.ts';
import { atMost, chooseAction, lengthOfTime, listed, readArguments, refuseStray } from './arguments.ts';
import { type Command, complain, print, UsageFault } from './command.ts';
import { scan } from './key-scan.ts';
import { keyTable, keyViews } from './key-table.ts';
import { StartFault } from './start-fault.ts';
import { stateOf, storeFault } from './state-location.ts';

const usualOverlap = 24 * 3_600_000;

export const key: Command = {
  name: 'key',
  summary: 'make, list, rotate, revoke and find API keys',
  help: `portcullis key create --name NAME [--subject S] [--scopes A,B] [--roles R,S] [--expires 90d]
                      [--from NETWORKS] [--limit 100/1m]
portcullis key list [--json]
portcullis key rotate ID [--overlap 7d] [--expires 90d]
portcullis key revoke ID
portcullis key scan FILE|FOLDER|-... [--json]

  create   makes a key and prints its id and the key itself. The key is shown this once: the gateway keeps
           only a keyed hash of it.
  list     all keys, revoked and expired ones too, with when they were last used, to within a minute or two
  rotate   gives a key another secret, which is shown this once; the id stays, and so does all else. The secret
           before counts for a while longer, so that callers can change over; list shows whether it is used still.
           Rotated again meanwhile, the oldest secret ends at once
  revoke   ends a key; a gateway that runs refuses it within 5 seconds
  scan     looks for keys in files, folders, and - for what comes in, such as git log -p; says where they are,
           and which are live. Links are not followed, archives not unpacked

  --name NAME      what people call the key: who has it, and for what
  --subject S      whom the key stands for, in logs and in rate limits by principal. Default: the id of the key
  --scopes A,B     scopes, as the security of the OpenAPI definition names them
  --roles R,S      roles, as roles: and authorization name them
  --expires TIME   after which the key ends: 12h, 90d. Default: never; of rotate: as it was
  --from NETWORKS  addresses from which the key may be used: 203.0.113.0/24,2001:db8::/32. Default: any
  --limit N/TIME   requests in a time, on all APIs together: 100/1m; up to four times, as 10/1s and 5000/1d
  --overlap TIME   how long the secret before counts: 7d; 0 ends it within 5 seconds. Default 24h
  --json           as JSON

Keys are in the state folder of the configuration; a gateway that runs sees new ones at once.
Other scanners find keys by the regular expression ${keyPattern}
the last 6 characters are the CRC-32 of those before them in base62 (0-9, A-Z, a-z).

  --config FILE, -c FILE   the configuration. Default portcullis.yaml in this folder
  --state FOLDER           the state folder itself, in the place of a configuration

Exit code: 0 done; 1 it could not be done, or scan found a live key; 2 wrong use.`,
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
  from: { type: 'string', multiple: true },
  limit: { type: 'string', multiple: true },
  overlap: { type: 'string' },
  json: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof readArguments<typeof options>>['values'];
type Action = (values: Values, words: readonly string[]) => number | Promise<number>;

const actions: Readonly<Record<string, Action>> = { create, list, rotate, revoke, scan: look };

const optionsOf: Readonly<Record<string, readonly string[]>> = {
  create: ['name', 'subject', 'scopes', 'roles', 'expires', 'from', 'limit'],
  list: ['json'],
  rotate: ['overlap', 'expires'],
  revoke: [],
  scan: ['json'],
};

function create(values: Values, words: readonly string[]): number {
  atMost('key', words, 0);
  if (values.name === undefined)
    throw new UsageFault('give the key a name: portcullis key create --name NAME');
  const wanted: NewApiKey = {
    name: values.name,
    scopes: listed(values.scopes),
    roles: listed(values.roles),
    addresses: listed(values.from),
    limits: (values.limit ?? []).map(limitOf),
    ...(values.subject === undefined ? {} : { subject: values.subject }),
    ...expiryOf(values),
  };
  const { folder, keyPlaces } = stateOf(values, { make: true });
  const made = withStore(folder, {}, (store) => store.create(wanted));
  print(`id   ${made.id}\nkey  ${made.key}`);
  complain(`\nThe key is not shown again: hand it over now. ${sendingText(keyPlaces)}`);
  return 0;
}

function list(values: Values, words: readonly string[]): number {
  atMost('key', words, 0);
  const folder = folderToRead(values);
  const records = withStore(folder, { readOnly: true }, (store) => store.list());
  if (values.json === true) print(JSON.stringify(keyViews(records, Date.now()), null, 2));
  else print(records.length === 0 ? `there are no keys in ${folder}` : keyTable(records, Date.now()));
  return 0;
}

function rotate(values: Values, words: readonly string[]): number {
  const id = idIn('rotate', words);
  const overlap = values.overlap === undefined ? usualOverlap : lengthOfTime('overlap', values.overlap);
  const expiry = expiryOf(values);
  const folder = folderToRead(values);
  const record = recordOf(folder, id);
  const rotation = withStore(folder, {}, (store) => store.rotate(id, { overlap, ...expiry }));
  if (rotation === undefined) throw noSuchKey(folder, id);
  const { key: secret, formerUntil, endedOlder } = rotation;
  print(`id   ${id}\nkey  ${secret}`);
  const before =
    formerUntil === undefined
      ? 'The secret before has ended: a gateway that runs refuses it within 5 seconds.'
      : `The secret before counts until ${new Date(formerUntil).toISOString()}.`;
  const expiresAt = expiry.expiresAt ?? record.expiresAt;
  const ends = expiresAt === undefined ? '' : ` The key expires on ${new Date(expiresAt).toISOString()}.`;
  const older = endedOlder ? ' An older one, from the rotation before, has ended now.' : '';
  complain(
    `\nThe new key of ${nameOf(record)} is not shown again: hand it over now. ${before}${older}${ends}`,
  );
  return 0;
}

function revoke(values: Values, words: readonly string[]): number {
  const id = idIn('revoke', words);
  const folder = folderToRead(values);
  const record = recordOf(folder, id);
  if (record.revokedAt !== undefined)
    print(`${id} was revoked before, on ${new Date(record.revokedAt).toISOString()}`);
  else {
    withStore(folder, {}, (store) => store.revoke(id));
    print(`${id} is revoked (${nameOf(record)}); a gateway that runs refuses it within 5 seconds`);
  }
  return 0;
}

function look(values: Values, words: readonly string[]): Promise<number> {
  return scan(words, { json: values.json === true, folder: folderToRead(values) });
}

/** The id that an action is about. */
function idIn(action: string, words: readonly string[]): string {
  const [id] = words;
  if (id === undefined)
    throw new UsageFault(`name the id of the key: portcullis key ${action} k_...; key list shows the ids`);
  atMost('key', words, 1);
  if (id.startsWith(keyPrefix))
    throw new UsageFault(`this is a key; ${action} takes its id, k_..., which key list shows`);
  return id;
}

function recordOf(folder: string, id: string): ApiKeyRecord {
  const record = withStore(folder, { readOnly: true }, (store) => store.get(id));
  if (record === undefined) throw noSuchKey(folder, id);
  return record;
}

function noSuchKey(folder: string, id: string): StartFault {
  return new StartFault(`there is no key ${id} in ${folder}; portcullis key list shows those that are`);
}

function nameOf({ name, subject, id }: ApiKeyRecord): string {
  return subject === id ? name : `${name}, for ${subject}`;
}

/** Of keys that are there, for actions that make no folder. */
function folderToRead(values: Values): string {
  const { folder } = stateOf(values, {});
  upgradeDatabase(databaseFile(folder));
  return folder;
}

function withStore<T>(folder: string, how: { readOnly?: boolean }, use: (store: ApiKeyStore) => T): T {
  const store = new ApiKeyStore(folder, how);
  try {
    return use(store);
  } finally {
    store.close();
  }
}

function expiryOf({ expires }: Values): { expiresAt?: number } {
  if (expires === undefined) return {};
  const length = lengthOfTime('expires', expires);
  if (length === 0) throw new UsageFault(`--expires ${expires}: the key would be over at once`);
  return { expiresAt: Date.now() + length };
}

function limitOf(text: string): KeyLimit {
  const [, quota, window = ''] = /^([1-9][0-9]{0,9})\/(.+)$/.exec(text) ?? [];
  const read = duration().safeParse(window);
  if (quota === undefined || !read.success || read.data === 0)
    throw new UsageFault(`--limit ${text}: expected requests and a time, such as 100/1m`);
  return { quota: Number(quota), window: read.data };
}

function sendingText(places: readonly string[] | undefined): string {
  if (places === undefined)
    return 'Callers send it where the authenticator says, in the header x-api-key by default.';
  if (places.length === 0) {
    return 'No authenticator of this configuration takes keys yet: add { apiKey: {} } to authenticators.';
  }
  return `Callers send it in the ${[...new Set(places)].join(' or the ')}.`;
}

async function orFault(action: () => number | Promise<number>): Promise<number> {
  try {
    return await action();
  } catch (error) {
    throw storeFault(error);
  }
}
