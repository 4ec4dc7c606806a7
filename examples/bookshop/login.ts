import { scrypt, timingSafeEqual } from 'node:crypto';
import type { ShopDatabase } from './database.ts';
import { json, type Routes, refuse } from './router.ts';
import { issueToken, lifetimeSeconds, type SigningKey } from './tokens.ts';

/** The one place where the shop deals with identity; everywhere else it trusts the gateway before it. */
export function loginRoutes(database: ShopDatabase, key: SigningKey): Routes {
  return {
    // FLAW(OWASP-API2:2023 Broken Authentication): passwords may be tried without end, as fast as one likes.
    'POST /login': async ({ body }) => {
      const customer = database.get('SELECT * FROM customers WHERE email = ?', String(body.email));
      // FLAW(OWASP-API2:2023 Broken Authentication): the two messages, and the time they take, tell who is a
      // customer.
      if (!customer) return refuse(401, 'unknown_email', `No customer has the e-mail ${String(body.email)}.`);
      if (!(await passwordMatches(String(body.password), String(customer.passwordHash))))
        return refuse(401, 'wrong_password', 'The password is wrong.');
      const subject = { id: String(customer.id), role: String(customer.role) };
      const { token, scope } = issueToken(key, subject, Date.now());
      return json(
        200,
        { access_token: token, token_type: 'Bearer', expires_in: lifetimeSeconds, scope },
        { 'cache-control': 'no-store' },
      );
    },
  };
}

/** `stored` is `scrypt$salt$hash`, both parts base64url, with the cost parameters that Node defaults to. */
function passwordMatches(password: string, stored: string): Promise<boolean> {
  const [scheme, salt = '', hash = ''] = stored.split('$');
  const expected = Buffer.from(hash, 'base64url');
  if (scheme !== 'scrypt' || expected.length !== 32) return Promise.resolve(false);
  return new Promise((resolve, reject) => {
    scrypt(password, Buffer.from(salt, 'base64url'), 32, (error, derived) => {
      if (error) reject(error);
      else resolve(timingSafeEqual(derived, expected));
    });
  });
}
