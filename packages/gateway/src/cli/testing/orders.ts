/** A definition with something of everything that `check` and `explain` speak of. */
export const ordersDefinition = `openapi: 3.1.0
info: { title: Orders, version: 1.0.0 }
servers: [{ url: https://api.example.com/v1 }]
components:
  securitySchemes:
    token: { type: openIdConnect, openIdConnectUrl: https://id.example.com/realms/shop/.well-known/openid-configuration }
    key: { type: apiKey, in: header, name: x-partner-key }
    certificate: { type: mutualTLS }
paths:
  /orders:
    get: { operationId: listOrders, security: [], responses: {} }
    post:
      operationId: placeOrder
      security: [{ token: ['orders:write'] }, { key: [] }]
      requestBody: { content: { application/json: { schema: { type: object } } } }
      responses: {}
  /orders/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { operationId: getOrder, summary: One order, security: [{ token: ['orders:read'] }], responses: {} }
    put: { operationId: changeOrder, responses: {} }
    delete: { operationId: cancelOrder, security: [{ certificate: [] }], responses: {} }
  /admin/reindex:
    post: { operationId: reindex, security: [{ token: [] }], responses: {} }
`;

/** Serves it, with nothing to complain about but what the definition says. */
export const ordersConfiguration = `listen:
  https: { port: 8443, selfSigned: true }
  http: { port: 8080 }
authenticators:
  customers: { jwt: { issuer: https://id.example.com, audience: orders, jwks: https://id.example.com/keys, algorithms: [ES256] } }
  partners: { apiKey: { header: x-partner-key } }
policies:
  rate-limit: [{ name: burst, by: address, quota: 20, window: 1s }]
apis:
  orders:
    openapi: orders.yaml
    basePath: /v1
    upstream: { targets: [http://127.0.0.1:3000], stripBasePath: true }
    policies:
      authentication: { anyOf: [customers, partners] }
      headers: { request: { set: { x-gateway-token: '\${GATEWAY_TOKEN}' } } }
      cors: { origins: [https://shop.example.com] }
    operations:
      POST /orders: { policies: { rate-limit: [{ name: orders, by: principal, quota: 5, window: 1m }] } }
`;

export const ordersFiles = { 'orders.yaml': ordersDefinition, 'portcullis.yaml': ordersConfiguration };
export const ordersEnv = { GATEWAY_TOKEN: 'do-not-show-me' };
