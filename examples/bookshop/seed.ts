import type { ShopDatabase } from './database.ts';
import { seedBooks } from './seed-books.ts';

/** Fills an empty database with the demonstration stock; one that has books already stays as it is. */
export function seed(database: ShopDatabase): void {
  if (database.count('books') > 0) return;
  database.transaction(() => {
    seedBooks.forEach(([title, author, year, genre, price, stock], index) => {
      database.run(
        'INSERT INTO books (title, author, year, genre, isbn, price, stock) VALUES (?, ?, ?, ?, ?, ?, ?)',
        ...[title, author, year, genre, isbn(index + 1), price, stock],
      );
    });
    customers.forEach(([id, name, email, city, role, discount, passwordHash], index) => {
      database.run(
        `INSERT INTO customers (id, name, email, city, newsletter, role, discount, passwordHash, createdAt)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[id, name, email, city, index % 2, role, discount, passwordHash, day(index)],
      );
    });
    orders.forEach(([customerId, status, items], index) => {
      const lines = items.map(([bookId, quantity]) => ({ bookId, quantity, unitPrice: priceOf(bookId) }));
      const total = lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0);
      database.run(
        'INSERT INTO orders (number, customerId, status, items, total, createdAt) VALUES (?, ?, ?, ?, ?, ?)',
        ...[5001 + index, customerId, status, JSON.stringify(lines), total, day(20 + index)],
      );
    });
    reviews.forEach(([bookId, customerId, rating, text], index) => {
      database.run(
        'INSERT INTO reviews (bookId, customerId, rating, text, createdAt) VALUES (?, ?, ?, ?, ?)',
        ...[bookId, customerId, rating, text, day(40 + index)],
      );
    });
  });
}

/** Thirteen digits with the check digit of an ISBN-13, in a made-up range: registered to nobody. */
function isbn(number: number): string {
  const digits = `97890000${String(number).padStart(4, '0')}`;
  const sum = [...digits].reduce((total, digit, index) => total + Number(digit) * (index % 2 ? 3 : 1), 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

/** A fixed date per row, so that two runs show the same data. */
function day(offset: number): string {
  return new Date(Date.UTC(2026, 0, 5 + offset, 9, 30)).toISOString();
}

function priceOf(bookId: number): number {
  const book = seedBooks[bookId - 1];
  if (!book) throw new Error(`the seed orders book ${bookId}, which it does not have`);
  return book[4];
}

/** Id, name, e-mail, city, role, discount in percent, `scrypt$salt$hash`. The first three are in demo-users.ts. */
type SeedCustomer = readonly [string, string, string, string, string, number, string];

const customers: readonly SeedCustomer[] = [
  [
    'cus_1000',
    'Ada Keeper',
    'admin@example.com',
    'London',
    'admin',
    0,
    'scrypt$EEUNo0Tgt7zTVohHIY40Zg$68KzR7bCNxx0FEwPP_6_g1QxuRrR-E5AMZuQ7tOEwfM',
  ],
  [
    'cus_1001',
    'Alice Liddell',
    'alice@example.com',
    'Oxford',
    'customer',
    5,
    'scrypt$RHZXsBp1s5UdxhILGztp6Q$F8ZGRgWCB_4Dr0WYsQRPhhbqFby8w4GCJtO-UDVOa-I',
  ],
  [
    'cus_1002',
    'Bob Cratchit',
    'bob@example.com',
    'Camden Town',
    'customer',
    0,
    'scrypt$CtwlIjTT-qjDSgDAFIVwGA$LYI7fR2AO40z_EWir_Mf2FRxKm4U8xKU2eRZU9snAZk',
  ],
  [
    'cus_1003',
    "Siobhán O'Brien",
    'siobhan.obrien@example.com',
    'Dublin',
    'customer',
    10,
    'scrypt$TtMYopb8SP_-Uua-rKZ8cg$orJXSeO44EbeYoyZcGRPET7D_y5QdgE9-ZmPOj6otF8',
  ],
  [
    'cus_1004',
    'José Ñuñez-Castañeda',
    'jose@example.com',
    'Sevilla',
    'customer',
    0,
    'scrypt$lqqCB2wwkLhOK5BdXGb-UQ$se-XNVKgxcvhaeQ_Tqx7muSeHp0vavfB7wqb7Z-dWXA',
  ],
  [
    'cus_1005',
    '王小明',
    'xiaoming@example.com',
    '臺北',
    'customer',
    0,
    'scrypt$oKVSixAxcPeofFPeC6Jo9g$RilEI0-u7N7TrixptzUCGtNGkHUoo6OUBv8xKckKye8',
  ],
  [
    'cus_1006',
    'Marie-Louise Union',
    'marie@example.com',
    "L'Aigle",
    'customer',
    0,
    'scrypt$VC1-7Ku24AWReiy97lM0uQ$NDor4qq_gO-rAqJqFJSSs6XL2f8YX0Y_PhSNSxvHExw',
  ],
  [
    'cus_1007',
    'Søren Null',
    'soren@example.com',
    'København',
    'customer',
    0,
    'scrypt$C0Ufhv7JhtPrcHURgK17yg$qvAYAHXsMXGWKvULgo0YW60NySAs1Iwj4XB76eEHcLc',
  ],
  [
    'cus_1008',
    'Zoë Select & Sons',
    'zoe@example.com',
    'Antwerpen',
    'customer',
    15,
    'scrypt$HFJ7RzsDhyaCxy3Nd8zBZw$M6PIvS6-A9gYcykl7d6JpKv_C6o-aggfnAjQ7Y2dpHY',
  ],
];

/** Customer, status, [book, quantity] pairs. Numbered from ord_5001. */
type SeedOrder = readonly [string, string, readonly (readonly [number, number])[]];

const orders: readonly SeedOrder[] = [
  [
    'cus_1001',
    'shipped',
    [
      [50, 1],
      [28, 2],
    ],
  ],
  ['cus_1002', 'shipped', [[12, 5]]],
  [
    'cus_1003',
    'shipped',
    [
      [36, 1],
      [38, 1],
    ],
  ],
  ['cus_1001', 'paid', [[35, 1]]],
  ['cus_1004', 'shipped', [[24, 1]]],
  [
    'cus_1002',
    'placed',
    [
      [9, 1],
      [10, 1],
    ],
  ],
  ['cus_1005', 'cancelled', [[44, 3]]],
  ['cus_1006', 'paid', [[22, 1]]],
  [
    'cus_1001',
    'placed',
    [
      [46, 1],
      [47, 1],
    ],
  ],
  ['cus_1008', 'placed', [[64, 20]]],
];

/** Book, customer, stars, text. The honest texts are ones that a careless filter takes for attacks. */
type SeedReview = readonly [number, string, number, string];

const reviews: readonly SeedReview[] = [
  [1, 'cus_1001', 5, 'Read it in one sitting. Mr Collins alone is worth the price.'],
  [1, 'cus_1003', 4, "It's witty & sharp; I'd select it over Emma or any other from the union of her works."],
  [
    26,
    'cus_1002',
    3,
    'More about ropes than about whales -- drop the chapters on cetology and it is perfect.',
  ],
  [36, 'cus_1004', 5, 'Lesson learnt: 1 garlic > 10 crosses.'],
  [35, 'cus_1001', 5, 'She wrote this at 18. Eighteen!'],
  [46, 'cus_1006', 4, 'Elementary, and I <3 it. Where did Watson execute his last trick?'],
  [50, 'cus_1002', 5, 'Bought for my youngest; he will not let it go.'],
  [59, 'cus_1007', 2, 'Ten years to get home; no script for the gods, it seems.'],
  [64, 'cus_1008', 5, 'We order 20 for the shop every spring.'],
  [18, 'cus_1005', 5, '十分推薦。'],
];
