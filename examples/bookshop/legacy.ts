import { findCustomer } from './customers.ts';
import type { ShopDatabase } from './database.ts';
import { json, type Routes, refuse } from './router.ts';

/** Version 1, which "the old mobile app still uses". */
export function legacyRoutes(database: ShopDatabase): Routes {
  return {
    // FLAW(OWASP-API9:2023 Improper Inventory Management): an old version that nobody watches, unpaged.
    'GET /v1/books': () => json(200, database.all('SELECT id, title, author, price FROM books ORDER BY id')),

    'GET /v1/customers/{id}': ({ params }) => {
      const customer = findCustomer(database, params.id);
      if (!customer) return refuse(404, 'not_found', 'There is no such customer.');
      // FLAW(OWASP-API3:2023 Broken Object Property Level Authorization): excessive data; the definition
      // promises id and name, the whole row leaves, with e-mail and password hash.
      return json(200, customer);
    },
  };
}
