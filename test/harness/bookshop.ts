import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type DemoUser, demoClient, demoUsers } from '../../examples/bookshop/demo-users.ts';
import { type ShopUnderTest, startShop } from '../../examples/bookshop/test-shop.ts';
import { fetchToken } from '../../examples/bookshop/token.ts';
import { makeDemoAccounts } from '../../scripts/demo-accounts.ts';
import { type GatewayUnderTest, startGateway } from './gateway.ts';
import type { Owner } from './owner.ts';
import { repository } from './program.ts';

const example = join(repository, 'examples', 'bookshop');

/** Below those that the kernel gives out for connections and for port 0: nobody else takes one by chance. */
const lowest = 20_000;
const highest = 32_000;
let next = lowest + ((process.pid * 37) % (highest - lowest));

/** A port that nobody has: where an issuer is part of a configuration it has to be known before the start. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = next++;
    if (next === highest) next = lowest;
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen({ port }, () => resolve(true));
    });
    if (!isFree) continue;
    probe.close();
    return port;
  }
}

/** For examples/bookshop/portcullis.yaml, which takes its ports from them. */
export async function freePorts() {
  return { HTTPS_PORT: String(await freePort()), HTTP_PORT: '0', ADMIN_PORT: '0', BOOKSHOP_PORT: '0' };
}

export interface BookshopUnderTest {
  readonly gateway: GatewayUnderTest;
  readonly shop: ShopUnderTest;
  /** An access token of the gateway's OAuth server, for all that the user may grant. */
  readonly token: (user: DemoUser) => Promise<string>;
}

/**
 * The Bookshop behind the gateway, with the configuration that `npm start` runs.
 * @param change what a test has different in it
 */
export async function startBookshop(
  owner: Owner,
  change: (config: string) => string = (config) => config,
): Promise<BookshopUnderTest> {
  const shop = await startShop();
  owner.after(() => shop.stop());
  const gateway = await startGateway(owner, {
    config: change(readFileSync(join(example, 'portcullis.yaml'), 'utf8')),
    files: Object.fromEntries(
      ['openapi.yaml', 'internal.openapi.yaml'].map((name) => [
        name,
        readFileSync(join(example, name), 'utf8'),
      ]),
    ),
    env: {
      ...(await freePorts()),
      BOOKSHOP_PORT: new URL(shop.origin).port,
    },
  });
  const state = join(gateway.folder, '.portcullis');
  await makeDemoAccounts(state);
  return {
    gateway,
    shop,
    async token(user) {
      const request = { issuer: `${gateway.https}/oauth`, scopes: demoClient.scopes };
      return (await fetchToken(request, demoUsers[user])).access_token;
    },
  };
}
