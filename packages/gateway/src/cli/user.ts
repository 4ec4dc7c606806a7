import { OauthArtifactStore } from '../stores/oauth-artifacts.ts';
import { OauthClientStore } from '../stores/oauth-clients.ts';
import { type Consent, OauthConsentStore } from '../stores/oauth-consents.ts';
import { type OauthUser, OauthUserStore } from '../stores/oauth-users.ts';
import { atMost, chooseAction, listed, readArguments, refuseStray } from './arguments.ts';
import { columns } from './columns.ts';
import { type Command, complain, print, UsageFault } from './command.ts';
import { hasOauthServer, type OauthState, withOauthState } from './oauth-state.ts';
import { readPassword } from './secret-input.ts';
import { StartFault } from './start-fault.ts';

export const user: Command = {
  name: 'user',
  summary: 'make, list and disable users: of the OAuth server, and of basic authenticators',
  help: `portcullis user create USERNAME [--name NAME] [--subject S] [--roles R,S] [--basic]
portcullis user list [--json]
portcullis user password USERNAME
portcullis user disable USERNAME
portcullis user enable USERNAME
portcullis user basic USERNAME on|off
portcullis user access USERNAME [--json] [--revoke CLIENT]

  create    makes a user; asks for the password
  list      all users, disabled ones too
  password  sets another password; the user has to sign in again everywhere
  disable   ends the user's sessions and refresh tokens and lets the user in no more
  enable    lets the user in again
  basic     whether the user may send the password with each request, to APIs that accept a basic authenticator
  access    the applications that the user has let in; --revoke takes one its access

  --name NAME      what people call the user. Default: the username
  --subject S      the sub of the user's tokens. Default: a random one
  --roles R,S      roles, as authorization.roles names them; tokens carry them
  --basic          the user may use basic authenticators, besides signing in at the OAuth server. Default: no
  --json           list as JSON

A gateway that runs sees each change at once; what a basic authenticator remembers ends within 5 seconds.

A password is asked for on a terminal without being shown, or is the first line of stdin. It has 12 characters
at least, of any kind. There is no option for it, as other users of the machine would see it.

  --config FILE, -c FILE   the configuration. Default portcullis.yaml in this folder
  --state FOLDER           the state folder itself, in the place of a configuration

Exit code: 0 done; 1 it could not be done; 2 wrong use.`,
  async run(args) {
    const { values, positionals } = readArguments('user', args, options);
    const { action, perform, words } = chooseAction('user', actions, positionals);
    refuseStray(`user ${action}`, values, optionsOf[action] ?? []);
    return perform(values, words);
  },
};

const options = {
  config: { type: 'string', short: 'c' },
  state: { type: 'string' },
  name: { type: 'string' },
  subject: { type: 'string' },
  roles: { type: 'string', multiple: true },
  basic: { type: 'boolean' },
  revoke: { type: 'string' },
  json: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof readArguments<typeof options>>['values'];

const actions: Readonly<Record<string, (values: Values, words: readonly string[]) => Promise<number>>> = {
  create,
  list,
  password,
  disable: (values, words) => setDisabled(values, words, true),
  enable: (values, words) => setDisabled(values, words, false),
  basic: setBasic,
  access,
};

const optionsOf: Readonly<Record<string, readonly string[]>> = {
  create: ['name', 'subject', 'roles', 'basic'],
  list: ['json'],
  access: ['json', 'revoke'],
};

async function create(values: Values, words: readonly string[]): Promise<number> {
  const username = usernameIn(words, 'create');
  const { name, subject } = values;
  return withOauthState(values, { make: true }, async ({ database }) => {
    const password = await readPassword(`Password of ${username}`);
    const made = await new OauthUserStore(database).create({
      username,
      roles: listed(values.roles),
      basic: values.basic === true,
      password,
      ...(name === undefined ? {} : { name }),
      ...(subject === undefined ? {} : { id: subject }),
    });
    print(`username  ${made.username}\nsubject   ${made.id}`);
    if (!made.basic && !hasOauthServer(values))
      complain(
        `\nThere is no oauthServer in the configuration to sign in at. To let the user in at basic authenticators: portcullis user basic ${made.username} on`,
      );
    return 0;
  });
}

async function list(values: Values, words: readonly string[]): Promise<number> {
  atMost('user', words, 0);
  const { folder, users } = await withOauthState(values, {}, ({ folder, database }) => ({
    folder,
    users: new OauthUserStore(database).list(),
  }));
  if (values.json === true) print(JSON.stringify(users.map(viewOf), null, 2));
  else print(users.length === 0 ? `there are no users in ${folder}` : table(users));
  return 0;
}

async function password(values: Values, words: readonly string[]): Promise<number> {
  const username = usernameIn(words, 'password');
  return withOauthState(values, {}, async (state) => {
    const found = existing(state, username);
    await new OauthUserStore(state.database).setPassword(
      found,
      await readPassword(`New password of ${found.username}`),
    );
    // Whoever has the old one may have signed in with it.
    artifactsOf(state).endAccount(found.id);
    const also = found.basic ? ', and the old one ends within 5 seconds at basic authenticators' : '';
    print(
      `the password of ${found.username} is changed; every session and refresh token of the user has ended${also}`,
    );
    return 0;
  });
}

async function setDisabled(values: Values, words: readonly string[], disabled: boolean): Promise<number> {
  const username = usernameIn(words, disabled ? 'disable' : 'enable');
  return withOauthState(values, {}, (state) => {
    const found = existing(state, username);
    const changed = new OauthUserStore(state.database).setDisabled(found.id, disabled);
    if (disabled) artifactsOf(state).endAccount(found.id);
    const now = disabled ? 'disabled' : 'enabled';
    const ended = disabled
      ? `; sessions and refresh tokens have ended, access tokens end with their time${found.basic ? ', basic within 5 seconds' : ''}`
      : '';
    print(changed ? `${found.username} is ${now}${ended}` : `${found.username} was ${now} before`);
    return 0;
  });
}

async function setBasic(values: Values, words: readonly string[]): Promise<number> {
  const [username, setting, ...more] = words;
  const allowed = ['off', 'on'].indexOf(setting ?? '');
  if (username === undefined || allowed < 0)
    throw new UsageFault('name the user and say which: portcullis user basic USERNAME on|off');
  atMost('user', more, 0);
  return withOauthState(values, {}, (state) => {
    const found = existing(state, username);
    const changed = new OauthUserStore(state.database).setBasic(found.id, allowed === 1);
    const now = allowed === 1 ? 'may use basic' : 'may not use basic';
    const within = allowed === 1 ? '' : ', which ends within 5 seconds';
    print(changed ? `${found.username} ${now}${within}` : `${found.username}: no change, ${now} as before`);
    return 0;
  });
}

async function access(values: Values, words: readonly string[]): Promise<number> {
  const username = usernameIn(words, 'access');
  return withOauthState(values, {}, (state) => {
    const found = existing(state, username);
    const consents = new OauthConsentStore(state.database);
    if (values.revoke !== undefined) {
      const there = consents.forget(found.id, values.revoke);
      artifactsOf(state).endAccess(found.id, values.revoke);
      print(there ? `${values.revoke} has no access any more` : `${values.revoke} had no access`);
      return 0;
    }
    const all = consents.of(found.id).map((consent) => consentView(consent, state));
    if (values.json === true) print(JSON.stringify(all, null, 2));
    else if (all.length === 0) print(`${found.username} has let no application in`);
    else {
      const rows = all.map(({ client, name, scopes, since }) => [
        client,
        name,
        scopes.join(','),
        since.slice(0, 10),
      ]);
      print(columns([['CLIENT', 'NAME', 'SCOPES', 'SINCE'], ...rows]));
    }
    return 0;
  });
}

function consentView(
  { clientId, openid, resources, since, until }: Consent,
  { database, secrets }: OauthState,
) {
  return {
    client: clientId,
    name: new OauthClientStore(database, secrets.clientSecrets).get(clientId)?.name ?? '',
    scopes: [...openid, ...Object.values(resources).flat()],
    since: new Date(since).toISOString(),
    until: new Date(until).toISOString(),
  };
}

function artifactsOf({ database, secrets }: OauthState): OauthArtifactStore {
  return new OauthArtifactStore(database, secrets.artifacts);
}

function existing({ folder, database }: OauthState, username: string): OauthUser {
  const found = new OauthUserStore(database).named(username);
  if (found !== undefined) return found;
  throw new StartFault(
    `there is no user ${username} in ${folder}; portcullis user list shows those that are`,
  );
}

function usernameIn(words: readonly string[], action: string): string {
  const [username] = words;
  if (username === undefined) throw new UsageFault(`name the user: portcullis user ${action} USERNAME`);
  atMost('user', words, 1);
  return username;
}

function viewOf({ id, username, name, roles, basic, createdAt, disabledAt }: OauthUser) {
  return {
    username,
    subject: id,
    name,
    roles,
    basic,
    state: disabledAt === undefined ? 'enabled' : 'disabled',
    created: new Date(createdAt).toISOString(),
    disabled: disabledAt === undefined ? null : new Date(disabledAt).toISOString(),
  };
}

function table(users: readonly OauthUser[]): string {
  const rows = users
    .map(viewOf)
    .map((view) => [
      view.username,
      view.state,
      view.subject,
      view.name,
      view.roles.join(','),
      view.basic ? 'on' : 'off',
      view.created.slice(0, 10),
    ]);
  return columns([['USERNAME', 'STATE', 'SUBJECT', 'NAME', 'ROLES', 'BASIC', 'CREATED'], ...rows]);
}
