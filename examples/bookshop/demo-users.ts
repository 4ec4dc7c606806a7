/** Who can sign in with a password that is written down. Demonstration only: these are in the repository. */
export const demoUsers = {
  alice: {
    id: 'cus_1001',
    username: 'alice',
    email: 'alice@example.com',
    name: 'Alice Liddell',
    password: 'wonderland-1865',
    roles: ['customer'],
  },
  bob: {
    id: 'cus_1002',
    username: 'bob',
    email: 'bob@example.com',
    name: 'Bob Cratchit',
    password: 'great-expectations-1861',
    roles: ['customer'],
  },
  admin: {
    id: 'cus_1000',
    username: 'admin',
    email: 'admin@example.com',
    name: 'Shop staff',
    password: 'moby-dick-1851',
    roles: ['admin'],
  },
} as const;

export type DemoUser = keyof typeof demoUsers;

export function isDemoUser(name: string): name is DemoUser {
  return Object.hasOwn(demoUsers, name);
}

/** What `token.ts` is to the OAuth server: a program on the user's device. */
export const demoClient = {
  id: 'bookshop-token',
  name: 'Bookshop on the command line',
  redirectUri: 'http://127.0.0.1/callback',
  scopes: [
    'books:read',
    'books:write',
    'orders:read',
    'orders:write',
    'customers:read',
    'customers:write',
    'reviews:write',
  ],
} as const;
