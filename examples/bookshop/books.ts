import { fetchCover } from './covers.ts';
import type { Row, ShopDatabase } from './database.ts';
import { json, noContent, pageOf, type Routes, refuse } from './router.ts';

export function bookRoutes(database: ShopDatabase): Routes {
  return {
    'GET /books': ({ query }) => {
      const { page, limit, offset } = pageOf(query);
      const sort = query.get('sort') ?? 'title';
      const order = sort.startsWith('-') ? `${sort.slice(1)} DESC` : sort;
      const genre = query.get('genre');
      // FLAW(OWASP-API8:2023 Security Misconfiguration): SQL injection (CWE-89), `sort` becomes part of the
      // statement. Nothing is shown of it, but the order of the books answers any yes-or-no question.
      const items = database.all(
        `SELECT * FROM books WHERE ?1 IS NULL OR genre = ?1 ORDER BY ${order}, id LIMIT ?2 OFFSET ?3`,
        ...[genre, limit, offset],
      );
      const total = database.get('SELECT count(*) AS n FROM books WHERE ?1 IS NULL OR genre = ?1', genre)?.n;
      return json(200, { items, page, limit, total });
    },

    'GET /books/{id}': ({ params }) => {
      const book = findBook(database, params.id);
      return book ? json(200, book) : refuse(404, 'not_found', 'There is no such book.');
    },

    // FLAW(OWASP-API5:2023 Broken Function Level Authorization): who may add books is not asked.
    'POST /books': async ({ body }) => {
      if (database.get('SELECT id FROM books WHERE isbn = ?', String(body.isbn)))
        return refuse(409, 'duplicate', 'A book with this isbn is in the catalogue already.');
      const coverUrl = body.coverUrl === undefined ? null : String(body.coverUrl);
      const problem = coverUrl === null ? undefined : await fetchCover(coverUrl);
      if (problem !== undefined) return refuse(422, 'bad_cover', problem);
      const { lastId } = database.run(
        `INSERT INTO books (title, author, year, genre, isbn, price, stock, coverUrl)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[String(body.title), String(body.author), Number(body.year), String(body.genre)],
        ...[String(body.isbn), Number(body.price), Number(body.stock ?? 0), coverUrl],
      );
      return json(201, findBook(database, lastId), { location: `/books/${lastId}` });
    },

    // FLAW(OWASP-API5:2023 Broken Function Level Authorization): nor who may remove them.
    'DELETE /books/{id}': ({ params }) => {
      const id = Number(params.id);
      const { changes } = database.run('DELETE FROM books WHERE id = ?', id);
      if (changes === 0) return refuse(404, 'not_found', 'There is no such book.');
      database.run('DELETE FROM reviews WHERE bookId = ?', id);
      return noContent;
    },

    'GET /search': ({ query }) => {
      // Somebody "fixed" the failing search for O'Brien by doubling apostrophes between letters. That is
      // how such code looks in practice: honest input works, and the hole stays.
      const q = (query.get('q') ?? '').replaceAll(/(\p{L})'(?=\p{L})/gu, "$1''");
      // FLAW(OWASP-API8:2023 Security Misconfiguration): SQL injection (CWE-89), `q` becomes part of the
      // statement; a UNION reads any table.
      const items = database.all(
        `SELECT id, title, author, price FROM books WHERE title LIKE '%${q}%' OR author LIKE '%${q}%' LIMIT 50`,
      );
      return json(200, { items });
    },
  };
}

export function findBook(database: ShopDatabase, id: string | number | undefined): Row | undefined {
  return database.get('SELECT * FROM books WHERE id = ?', Number(id));
}
