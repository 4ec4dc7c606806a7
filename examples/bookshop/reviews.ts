import { findBook } from './books.ts';
import { findCustomer } from './customers.ts';
import type { Row, ShopDatabase } from './database.ts';
import { json, pageOf, type Routes, refuse } from './router.ts';

const noSuchBook = refuse(404, 'not_found', 'There is no such book.');

export function reviewRoutes(database: ShopDatabase): Routes {
  return {
    'GET /books/{id}/reviews': ({ params, query }) => {
      if (!findBook(database, params.id)) return noSuchBook;
      const { page, limit, offset } = pageOf(query);
      const items = reviewsOf(database, params.id, limit, offset);
      const bookId = Number(params.id);
      const total = database.get('SELECT count(*) AS n FROM reviews WHERE bookId = ?', bookId)?.n;
      return json(200, { items, page, limit, total });
    },

    // FLAW(OWASP-API1:2023 Broken Object Level Authorization): `customerId` is believed: one writes in
    // another's name.
    'POST /books/{id}/reviews': ({ params, body }) => {
      if (!findBook(database, params.id)) return noSuchBook;
      if (!findCustomer(database, String(body.customerId)))
        return refuse(422, 'unknown_customer', 'There is no such customer.');
      // FLAW(OWASP-API6:2023 Unrestricted Access to Sensitive Business Flows): one person, any number of
      // reviews.
      const { lastId } = database.run(
        'INSERT INTO reviews (bookId, customerId, rating, text, createdAt) VALUES (?, ?, ?, ?, ?)',
        ...[Number(params.id), String(body.customerId), Number(body.rating)],
        ...[String(body.text), new Date().toISOString()],
      );
      const review = database.get(`${selectReview} WHERE reviews.id = ?`, lastId);
      return json(201, review, { location: `/books/${Number(params.id)}/reviews` });
    },

    'GET /books/{id}/reviews.html': ({ params }) => {
      const book = findBook(database, params.id);
      if (!book) return noSuchBook;
      const articles = reviewsOf(database, params.id, 100, 0).map(
        // FLAW(OWASP-API8:2023 Security Misconfiguration): stored cross-site scripting (CWE-79); names and
        // texts of customers become markup of the shop's own page.
        ({ name, rating, text }) => `<article><h2>${name}: ${rating}/5</h2><p>${text}</p></article>`,
      );
      const page = `<!doctype html><title>Reviews</title><h1>${book.title}</h1>${articles.join('\n')}`;
      return { status: 200, content: ['text/html; charset=utf-8', page] };
    },
  };
}

const selectReview = `
  SELECT reviews.id, bookId, customerId, name, rating, text, reviews.createdAt
  FROM reviews JOIN customers ON customers.id = customerId`;

function reviewsOf(database: ShopDatabase, bookId: string | undefined, limit: number, offset: number): Row[] {
  const page = 'WHERE bookId = ? ORDER BY reviews.id LIMIT ? OFFSET ?';
  return database.all(`${selectReview} ${page}`, Number(bookId), limit, offset);
}
