import type { Environment } from '../../../environment.ts';
import type { Refuse } from '../../../exchange.ts';
import type { Schema, SecurityAlternative } from '../../../openapi/definition.ts';
import type { Prepared } from '../../../policy.ts';
import {
  api,
  type ExchangeParts,
  environment,
  exchange,
  operation,
  preparePolicy,
  type TestExchange,
} from '../../../testing/exchange.ts';
import { authorization } from '../policy.ts';
import { compileRoles } from '../roles.ts';

const token: readonly SecurityAlternative[] = [[{ scheme: 'oauth', type: 'oauth2', scopes: [] }]];

function json(schema: Schema): { requestBody: { required: boolean; content: Record<string, Schema> } } {
  return { requestBody: { required: true, content: { 'application/json': schema } } };
}

const styled = { name: 'customerId', in: 'path', required: true, style: 'matrix' } as never;
const customerId = { name: 'customerId', in: 'query', required: false } as never;
const order: Schema = {
  type: 'object',
  properties: { customerId: { type: 'string' }, items: { type: 'array', items: { type: 'object' } } },
};

/** A shop whose objects belong to customers. */
export const operations = {
  login: operation('POST /login', { security: [], ...json({ type: 'object' }) }),
  listCustomers: operation('GET /customers', { security: token }),
  getCustomer: operation('GET /customers/{customerId}', { security: token }),
  patchCustomer: operation('PATCH /customers/{customerId}', { security: token, ...json({ type: 'object' }) }),
  listOf: operation('GET /customers/{id}/orders', { security: token }),
  styledCustomer: operation('GET /styled/{customerId}', { security: token, parameters: [styled] }),
  listOrders: operation('GET /orders', { security: token, parameters: [customerId] }),
  placeOrder: operation('POST /orders', { security: token, ...json(order) }),
  getOrder: operation('GET /orders/{orderId}', { security: token }),
  upload: operation('POST /pictures', {
    security: token,
    requestBody: { required: true, content: { 'multipart/form-data': true } },
  }),
  silent: operation('GET /silent'),
  open: operation('GET /books', { security: [] }),
};
export type Name = keyof typeof operations;

export const roles = compileRoles({
  customer: { permissions: ['orders:own'] },
  support: { includes: ['customer'], permissions: ['orders:any'] },
  admin: { includes: ['support'], permissions: ['customers:any'] },
  suspended: {},
});

export const within: Environment = environment({
  api: api('shop', Object.values(operations)),
  authenticators: { partners: { apiKey: {} } },
  roles,
});

export function prepare(config: unknown, by: Environment = within): Promise<Prepared> {
  return preparePolicy(authorization, config, by) as Promise<Prepared>;
}

/** @param line without it, method and path of the operation */
export function request(name: Name | undefined, parts: ExchangeParts = {}, line?: string): TestExchange {
  const found = name === undefined ? undefined : operations[name];
  return exchange(line ?? `${found?.method ?? 'GET'} ${found?.path ?? '/'}`, { operation: found, ...parts });
}

export function problemOf(verdict: unknown): string | undefined {
  return (verdict as Refuse | undefined)?.problem;
}
