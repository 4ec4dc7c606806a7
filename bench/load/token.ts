import { token } from './keys.ts';

/** `npm run -s bench:token` */
process.stdout.write(`${token()}\n`);
