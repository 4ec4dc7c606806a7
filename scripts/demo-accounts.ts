import { demoClient, demoUsers } from '../examples/bookshop/demo-users.ts';
import { oauthSecrets } from '../packages/gateway/src/oauth-server/secrets.ts';
import { OauthClientStore } from '../packages/gateway/src/stores/oauth-clients.ts';
import { openOauthDatabase } from '../packages/gateway/src/stores/oauth-database.ts';
import { OauthUserStore } from '../packages/gateway/src/stores/oauth-users.ts';

/** Makes the users and the client of the demonstration that a state folder has not yet. */
export async function makeDemoAccounts(state: string): Promise<void> {
  const database = openOauthDatabase(state);
  try {
    const { clientSecrets } = oauthSecrets(state, database);
    const clients = new OauthClientStore(database, clientSecrets);
    if (clients.get(demoClient.id) === undefined) {
      clients.create({
        kind: 'native',
        id: demoClient.id,
        name: demoClient.name,
        redirectUris: [demoClient.redirectUri],
        logoutUris: [],
        scopes: demoClient.scopes,
        roles: [],
        firstParty: false,
      });
    }
    const users = new OauthUserStore(database);
    const missing = Object.values(demoUsers).filter(({ username }) => users.named(username) === undefined);
    await Promise.all(missing.map((each) => users.create(each)));
  } finally {
    database.close();
  }
}
