import { OauthArtifactStore } from '../stores/oauth-artifacts.ts';
import { type ClientKind, clientKinds, OauthClientStore, signsUsersIn } from '../stores/oauth-clients.ts';
import { OauthConsentStore } from '../stores/oauth-consents.ts';
import { atMost, chooseAction, lengthOfTime, listed, readArguments, refuseStray } from './arguments.ts';
import { clientTable, clientViews } from './client-table.ts';
import { type Command, complain, print, UsageFault } from './command.ts';
import { type OauthState, scopesNotThere, withOauthState } from './oauth-state.ts';
import { StartFault } from './start-fault.ts';

export const client: Command = {
  name: 'client',
  summary: 'make, list and revoke clients of the OAuth server',
  help: `portcullis client create --name NAME --kind web|spa|native --redirect URI [--scopes A,B]
portcullis client create --name NAME --kind service --scopes A,B [--roles R]
portcullis client create --name NAME --kind resource
portcullis client list [--json]
portcullis client rotate-secret ID [--overlap 1h]
portcullis client revoke ID

  create         makes a client and prints its id, and its secret where it has one. The secret is shown this
                 once: the gateway keeps only a keyed hash of it.
  list           all clients, revoked ones too
  rotate-secret  prints a new secret; the old one ends with --overlap, or at once
  revoke         ends a client, its tokens and what users have let it do

  --kind KIND      web       an application with a server, which keeps a secret (default)
                   spa       a page that runs in the browser: no secret, PKCE
                   native    a program on the user's device: no secret, PKCE
                   service   acts for itself, with client credentials
                   resource  a resource server that asks about tokens (introspection)
  --name NAME      what users read when they are asked for consent
  --redirect URI   where users are sent back to, compared to the letter; several times for several.
                   https; native ones also http://127.0.0.1/... with any port, and com.example.app:/...
  --logout URI     where users may be sent after they signed out
  --scopes A,B     what it may ask for. Default: nothing but to sign users in
  --roles R,S      roles that the tokens of a service carry
  --first-party    belongs to whoever runs the API: users are not asked for consent
  --id ID          the client_id. Default: a random one
  --overlap TIME   for how long the old secret stays good: 1h, 7d. Default: not at all
  --json           list as JSON

  --config FILE, -c FILE   the configuration. Default portcullis.yaml in this folder
  --state FOLDER           the state folder itself, in the place of a configuration

Exit code: 0 done; 1 it could not be done; 2 wrong use.`,
  async run(args) {
    const { values, positionals } = readArguments('client', args, options);
    const { action, perform, words } = chooseAction('client', actions, positionals);
    refuseStray(`client ${action}`, values, optionsOf[action]!);
    return perform(values, words);
  },
};

const options = {
  config: { type: 'string', short: 'c' },
  state: { type: 'string' },
  name: { type: 'string' },
  kind: { type: 'string' },
  id: { type: 'string' },
  redirect: { type: 'string', multiple: true },
  logout: { type: 'string', multiple: true },
  scopes: { type: 'string', multiple: true },
  roles: { type: 'string', multiple: true },
  'first-party': { type: 'boolean' },
  overlap: { type: 'string' },
  json: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof readArguments<typeof options>>['values'];

const actions: Readonly<Record<string, (values: Values, words: readonly string[]) => Promise<number>>> = {
  create,
  list,
  'rotate-secret': rotateSecret,
  revoke,
};

const optionsOf: Readonly<Record<string, readonly string[]>> = {
  create: ['name', 'kind', 'id', 'redirect', 'logout', 'scopes', 'roles', 'first-party'],
  list: ['json'],
  'rotate-secret': ['overlap'],
  revoke: [],
};

async function create(values: Values, words: readonly string[]): Promise<number> {
  atMost('client', words, 0);
  const { name, id } = values;
  if (name === undefined)
    throw new UsageFault('give the client a name: portcullis client create --name NAME');
  const kind = kindOf(values.kind);
  const made = await withOauthState(values, { make: true }, (state) =>
    clientsOf(state).create({
      kind,
      name,
      redirectUris: values.redirect ?? [],
      logoutUris: values.logout ?? [],
      scopes: listed(values.scopes),
      roles: listed(values.roles),
      firstParty: values['first-party'] === true,
      ...(id === undefined ? {} : { id }),
    }),
  );
  print(`client_id      ${made.client.id}`);
  const unknown = scopesNotThere(values, made.client.scopes);
  if (unknown.length > 0)
    complain(`\nNo resource of the configuration has ${unknown.join(', ')}: the client gets no such scope.`);
  if (made.secret === undefined) {
    complain(`\nIt has no secret: it shows who it is by PKCE and by where users are sent back to.`);
    return 0;
  }
  print(`client_secret  ${made.secret}`);
  complain('\nThe secret is not shown again: hand it over now.');
  if (signsUsersIn(kind)) complain('Users are sent back to the redirect URIs above only, to the letter.');
  return 0;
}

async function list(values: Values, words: readonly string[]): Promise<number> {
  atMost('client', words, 0);
  const { folder, clients } = await withOauthState(values, {}, (state) => ({
    folder: state.folder,
    clients: clientsOf(state).list(),
  }));
  if (values.json === true) print(JSON.stringify(clientViews(clients), null, 2));
  else print(clients.length === 0 ? `there are no clients in ${folder}` : clientTable(clients));
  return 0;
}

async function rotateSecret(values: Values, words: readonly string[]): Promise<number> {
  const id = idIn(words, 'rotate-secret');
  const overlap = values.overlap === undefined ? 0 : lengthOfTime('overlap', values.overlap);
  const secret = await withOauthState(values, {}, (state) => {
    existing(state, id);
    return clientsOf(state).rotateSecret(id, overlap);
  });
  print(`client_secret  ${secret}`);
  const old =
    overlap === 0 ? 'The old one is refused from now on' : `The old one is good for ${values.overlap} more`;
  complain(`\nThe secret is not shown again: hand it over now. ${old}.`);
  return 0;
}

async function revoke(values: Values, words: readonly string[]): Promise<number> {
  const id = idIn(words, 'revoke');
  const { name, revoked } = await withOauthState(values, {}, (state) => {
    const { name } = existing(state, id);
    const revoked = clientsOf(state).revoke(id);
    new OauthArtifactStore(state.database, state.secrets.artifacts).endClient(id);
    new OauthConsentStore(state.database).forgetClient(id);
    return { name, revoked };
  });
  if (revoked) {
    print(
      `${id} is revoked (${name}); no token is given to it any more, and those it has end with their time`,
    );
  } else print(`${id} was revoked before`);
  return 0;
}

function clientsOf({ database, secrets }: OauthState): OauthClientStore {
  return new OauthClientStore(database, secrets.clientSecrets);
}

function existing(state: OauthState, id: string): { readonly name: string } {
  const found = clientsOf(state).get(id);
  if (found !== undefined) return found;
  throw new StartFault(
    `there is no client ${id} in ${state.folder}; portcullis client list shows those that are`,
  );
}

function idIn(words: readonly string[], action: string): string {
  const [id] = words;
  if (id === undefined)
    throw new UsageFault(
      `name the id of the client: portcullis client ${action} cl_...; client list shows the ids`,
    );
  atMost('client', words, 1);
  if (id.startsWith('pcs_'))
    throw new UsageFault('this is a secret; the id begins with cl_, see client list');
  return id;
}

function kindOf(written: string | undefined): ClientKind {
  const kind = clientKinds.find((each) => each === (written ?? 'web'));
  if (kind === undefined)
    throw new UsageFault(`--kind ${written}: expected one of ${clientKinds.join(', ')}`);
  return kind;
}
