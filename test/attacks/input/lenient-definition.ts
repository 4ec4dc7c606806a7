/** As they are found in definitions: a backtracking engine takes very long for some texts. */
export const patterns = {
  mail: String.raw`\S+@\S+\.\S+`,
  code: '^(?=.*[0-9])([a-z0-9]+)*$',
  mails: String.raw`\S+@\S+\.\S+`,
};

/** What the service means to offer, as its definition has it. */
export const definition = `
openapi: 3.1.0
info: { title: Lenient, version: 1 }
paths:
  /accounts:
    patch:
      requestBody:
        required: true
        content:
          application/json: { schema: { $ref: '#/components/schemas/Account' } }
          application/x-www-form-urlencoded: { schema: { $ref: '#/components/schemas/Account' } }
  /login:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [user, password]
              properties: { user: { type: string }, password: { type: string, minLength: 8 } }
  /users:
    get:
      parameters: [{ name: id, in: query, required: true, schema: { type: integer, minimum: 1 } }]
  /transfers:
    post:
      parameters:
        - { name: amount, in: query, schema: { type: integer, minimum: 1, maximum: 100 } }
        - { name: to, in: query, schema: { enum: [shop] } }
      requestBody:
        content:
          application/json: { schema: { type: object, properties: { note: { type: string } } } }
  /tenants:
    get:
      parameters: [{ name: X-Tenant, in: header, required: true, schema: { enum: [mine] } }]
  /plans:
    get:
      parameters: [{ name: plan, in: cookie, required: true, schema: { enum: [free] } }]
  /documents:
    post:
      requestBody: { content: { application/json: {} } }
  /contacts:
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                mail: { type: string, pattern: '${patterns.mail}' }
                code: { type: string, pattern: '${patterns.code}' }
                mails: { type: array, items: { type: string, pattern: '${patterns.mails}' } }
components:
  schemas:
    Role: { type: string, readOnly: true }
    Named:
      properties: { name: { type: string, maxLength: 20 }, role: { $ref: '#/components/schemas/Role' } }
    Account:
      allOf:
        - { $ref: '#/components/schemas/Named' }
        - properties:
            profile:
              properties: { city: { type: string }, isAdmin: { type: boolean, readOnly: true } }
            cards:
              type: array
              items:
                oneOf:
                  - { required: [card], properties: { card: { type: string }, limit: { type: integer, readOnly: true } } }
                  - { required: [iban], properties: { iban: { type: string } } }
`;
