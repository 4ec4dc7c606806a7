import type { ShopDatabase } from './database.ts';
import { json, type Routes } from './router.ts';

/** For the operators; described in internal.openapi.yaml. */
export function internalRoutes(database: ShopDatabase): Routes {
  return {
    'GET /internal/health': () => json(200, { status: 'ok' }),

    // FLAW(OWASP-API8:2023 Security Misconfiguration): figures of the business, paths and versions for
    // everybody who reaches the port.
    'GET /internal/metrics': () => {
      const revenue = database.get('SELECT coalesce(sum(total), 0) AS cents FROM orders')?.cents;
      const lines = [
        `bookshop_info{database="${database.file}",node="${process.version}",folder="${process.cwd()}"} 1`,
        `bookshop_revenue_cents ${revenue}`,
        ...['books', 'customers', 'orders', 'reviews'].map((t) => `bookshop_${t} ${database.count(t)}`),
        `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
      ];
      return { status: 200, content: ['text/plain; version=0.0.4; charset=utf-8', `${lines.join('\n')}\n`] };
    },

    // FLAW(OWASP-API5:2023 Broken Function Level Authorization): an expensive maintenance task that anybody
    // may start.
    'POST /internal/reindex': () => {
      database.run('REINDEX');
      return json(200, { reindexed: database.count('books') });
    },
  };
}
