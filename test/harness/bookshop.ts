import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ShopUnderTest, startShop } from '../../examples/bookshop/test-shop.ts';
import { type GatewayUnderTest, startGateway } from './gateway.ts';
import type { Owner } from './owner.ts';
import { repository } from './program.ts';

const example = join(repository, 'examples', 'bookshop');

/** For examples/bookshop/portcullis.yaml, which takes its ports from them. */
export const freePorts = { HTTPS_PORT: '0', HTTP_PORT: '0', ADMIN_PORT: '0', BOOKSHOP_PORT: '0' };

/**
 * The Bookshop behind the gateway, with the configuration that `npm start` runs.
 * @param change what a test has different in it
 */
export async function startBookshop(
  owner: Owner,
  change: (config: string) => string = (config) => config,
): Promise<{ readonly gateway: GatewayUnderTest; readonly shop: ShopUnderTest }> {
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
    env: { ...freePorts, BOOKSHOP_PORT: new URL(shop.origin).port },
  });
  return { gateway, shop };
}
