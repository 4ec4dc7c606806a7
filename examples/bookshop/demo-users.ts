/** Who can log in with a password that is written down. Demonstration only: these are in the repository. */
export const demoUsers = {
  alice: { id: 'cus_1001', email: 'alice@example.com', password: 'wonderland-1865' },
  bob: { id: 'cus_1002', email: 'bob@example.com', password: 'great-expectations-1861' },
  admin: { id: 'cus_1000', email: 'admin@example.com', password: 'moby-dick-1851' },
} as const;

export type DemoUser = keyof typeof demoUsers;

export function isDemoUser(name: string): name is DemoUser {
  return Object.hasOwn(demoUsers, name);
}
