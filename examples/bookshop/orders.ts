import { findBook } from './books.ts';
import { findCustomer } from './customers.ts';
import type { Row, ShopDatabase } from './database.ts';
import { json, noContent, pageOf, type Reply, type Routes, refuse } from './router.ts';

interface Line {
  readonly bookId: number;
  readonly quantity: number;
  readonly unitPrice: number;
}

export function orderRoutes(database: ShopDatabase): Routes {
  return {
    // FLAW(OWASP-API1:2023 Broken Object Level Authorization): anybody's orders; without `customerId`, all.
    'GET /orders': ({ query }) => {
      const { page, limit, offset } = pageOf(query);
      const customerId = query.get('customerId');
      const mine = '?1 IS NULL OR customerId = ?1';
      const rows = database.all(
        `SELECT * FROM orders WHERE ${mine} ORDER BY number LIMIT ?2 OFFSET ?3`,
        ...[customerId, limit, offset],
      );
      const total = database.get(`SELECT count(*) AS n FROM orders WHERE ${mine}`, customerId)?.n;
      return json(200, { items: rows.map(present), page, limit, total });
    },

    // FLAW(OWASP-API1:2023 Broken Object Level Authorization): whose order it is makes no difference.
    'GET /orders/{orderId}': ({ params }) => {
      const order = database.get('SELECT * FROM orders WHERE number = ?', numberOf(params.orderId));
      return order ? json(200, present(order)) : noSuchOrder;
    },

    // FLAW(OWASP-API1:2023 Broken Object Level Authorization): nor for taking it away.
    'DELETE /orders/{orderId}': ({ params }) => {
      const { changes } = database.run('DELETE FROM orders WHERE number = ?', numberOf(params.orderId));
      return changes === 0 ? noSuchOrder : noContent;
    },

    'POST /orders': ({ body }) => database.transaction(() => placeOrder(database, body)),
  };
}

const noSuchOrder = refuse(404, 'not_found', 'There is no such order.');

// FLAW(OWASP-API1:2023 Broken Object Level Authorization): `customerId` is believed: one orders as another.
function placeOrder(database: ShopDatabase, body: Readonly<Record<string, unknown>>): Reply {
  const customer = findCustomer(database, String(body.customerId));
  if (!customer) return refuse(422, 'unknown_customer', 'There is no such customer.');
  const lines: Line[] = [];
  for (const { bookId, quantity } of body.items as { bookId: number; quantity: number }[]) {
    const book = findBook(database, bookId);
    if (!book) return refuse(422, 'unknown_book', `There is no book ${bookId}.`);
    if (quantity > Number(book.stock))
      return refuse(409, 'out_of_stock', `Book ${bookId}: ${book.stock} left.`);
    lines.push({ bookId, quantity, unitPrice: Number(book.price) });
  }
  // FLAW(OWASP-API6:2023 Unrestricted Access to Sensitive Business Flows): one buyer may empty the shelves,
  // and a negative quantity is paid out to the buyer.
  for (const { bookId, quantity } of lines)
    database.run('UPDATE books SET stock = stock - ? WHERE id = ?', quantity, bookId);
  const sum = lines.reduce((total, line) => total + line.quantity * line.unitPrice, 0);
  // FLAW(OWASP-API3:2023 Broken Object Property Level Authorization): mass assignment (CWE-915); what was
  // sent overrides what was worked out: `total: 1` buys anything, `status: paid` skips the till.
  const order = {
    status: 'placed',
    total: Math.round((sum * (100 - Number(customer.discount))) / 100),
    createdAt: new Date().toISOString(),
    ...body,
  };
  const { lastId } = database.run(
    'INSERT INTO orders (customerId, status, items, total, createdAt) VALUES (?, ?, ?, ?, ?)',
    ...[String(customer.id), order.status, JSON.stringify(lines), order.total, order.createdAt],
  );
  const stored = database.get('SELECT * FROM orders WHERE number = ?', lastId);
  return json(201, present(stored ?? {}), { location: `/orders/ord_${lastId}` });
}

function numberOf(orderId: string | undefined): number {
  return Number(orderId?.replace('ord_', ''));
}

function present({ number, items, ...order }: Row): object {
  return { id: `ord_${number}`, ...order, items: JSON.parse(String(items)) };
}
