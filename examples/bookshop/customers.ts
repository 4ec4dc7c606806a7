import type { Row, ShopDatabase } from './database.ts';
import { json, pageOf, type Routes, refuse } from './router.ts';

export function customerRoutes(database: ShopDatabase): Routes {
  return {
    // FLAW(OWASP-API5:2023 Broken Function Level Authorization): the list is for the staff; nobody checks.
    'GET /customers': ({ query }) => {
      const { page, limit, offset } = pageOf(query);
      const rows = database.all('SELECT * FROM customers ORDER BY id LIMIT ? OFFSET ?', limit, offset);
      return json(200, { items: rows.map(present), page, limit, total: database.count('customers') });
    },

    // FLAW(OWASP-API1:2023 Broken Object Level Authorization): whoever counts up the ids reads everybody.
    'GET /customers/{customerId}': ({ params }) => {
      const customer = findCustomer(database, params.customerId);
      return customer ? json(200, present(customer)) : refuse(404, 'not_found', 'There is no such customer.');
    },

    // FLAW(OWASP-API1:2023 Broken Object Level Authorization): and writes everybody.
    'PATCH /customers/{customerId}': ({ params, body }) => {
      const id = params.customerId ?? '';
      // FLAW(OWASP-API3:2023 Broken Object Property Level Authorization): mass assignment (CWE-915); every
      // column can be set: `role` makes an administrator, `discount: 100` makes all books free. The names
      // even become part of the statement.
      const assignments = Object.keys(body).map((field) => `${field} = ?`);
      const values = Object.values(body).map((value) =>
        typeof value === 'number' ? value : toColumn(value),
      );
      const { changes } = database.run(
        `UPDATE customers SET ${assignments.join(', ')} WHERE id = ?`,
        ...values,
        id,
      );
      const customer = findCustomer(database, id);
      if (changes === 0 || !customer) return refuse(404, 'not_found', 'There is no such customer.');
      return json(200, present(customer));
    },
  };
}

export function findCustomer(database: ShopDatabase, id: string | undefined): Row | undefined {
  return database.get('SELECT * FROM customers WHERE id = ?', id ?? '');
}

function present({ passwordHash: _, newsletter, ...customer }: Row): object {
  return { ...customer, newsletter: newsletter === 1 };
}

function toColumn(value: unknown): string | number {
  return typeof value === 'boolean' ? Number(value) : String(value);
}
