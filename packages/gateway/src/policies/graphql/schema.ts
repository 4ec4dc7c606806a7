import { z } from 'zod';
import { mode, size } from '../../config/units.ts';

/** `/graphql` of the API: plain, as an endpoint that can be spelled in two ways is judged in one of them only. */
const path = z.string().regex(/^\/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*(?:\/(?!$))?)*$/, {
  error: 'expected a path below that of the API, such as /graphql, without a slash at the end',
});
const name = z
  .string()
  .regex(/^[_A-Za-z][_0-9A-Za-z]*$/, { error: 'expected a name of GraphQL, such as first' });
const argument = z.string().regex(/^[_A-Za-z][_0-9A-Za-z]*(?:\.[_A-Za-z][_0-9A-Za-z]*){0,3}$/, {
  error: 'expected the name of an argument, such as first, or a way into one, such as page.size',
});
const coordinate = z.string().regex(/^[_A-Za-z][_0-9A-Za-z]*\.(?:[_A-Za-z][_0-9A-Za-z]*|\*)$/, {
  error: 'expected a type and a field of it, such as Query.orders or Mutation.*',
});
const roleNames = z.array(z.string().min(1)).min(1);

export const schema = z.strictObject({
  mode: mode(),
  path: z
    .union([path, z.array(path).min(1).max(20)])
    .optional()
    .describe('Where GraphQL is served, below the path of the API; one or several. Default /graphql.'),
  methods: z
    .array(z.enum(['GET', 'POST']))
    .min(1)
    .optional()
    .describe('Of requests; by GET only queries may be sent. Default [POST].'),
  schema: z
    .string()
    .min(1)
    .optional()
    .describe('A file with the schema (SDL): what is not in it is refused, variables are validated by it.'),
  maxBody: size().optional().describe('A whole request. Default 128KiB.'),
  maxSize: size().optional().describe('The text of all operations of a request. Default 16KiB.'),
  maxTokens: z.int().min(10).max(4_000).optional().describe('Words and signs of that text. Default 2000.'),
  maxDepth: z.int().min(1).max(50).optional().describe('Fields within fields. Default 10.'),
  maxAliases: z.int().min(0).max(1_000).optional().describe('Fields under another name. Default 15.'),
  maxDirectives: z.int().min(0).max(1_000).optional().describe('Directives such as @include. Default 20.'),
  maxRootFields: z.int().min(1).max(1_000).optional().describe('Fields of an operation itself. Default 10.'),
  maxOperations: z
    .int()
    .min(1)
    .max(50)
    .optional()
    .describe('Operations that one request may carry, as a list. Default 1, which means no lists.'),
  maxVariableValues: z
    .int()
    .min(0)
    .max(10_000)
    .optional()
    .describe('Values in the variables of a request, those within lists and objects too. Default 2000.'),
  maxCost: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .optional()
    .describe('What all operations of a request may cost. Default 5000.'),
  listSize: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('How many items a list is taken to have where nothing says so. Default 10.'),
  sizeArguments: z
    .array(argument)
    .max(20)
    .optional()
    .describe('Arguments that say how many items are asked for. Default [first, last, limit].'),
  connectionFields: z
    .array(name)
    .max(20)
    .optional()
    .describe('Lists that the size of the field above is about. Default [edges, nodes].'),
  costs: z
    .record(coordinate, z.int().min(0).max(1_000_000))
    .optional()
    .describe('What a field costs that costs more, or less, than 1: Query.search: 50.'),
  introspection: z
    .union([z.enum(['allow', 'refuse']), z.strictObject({ roles: roleNames })])
    .optional()
    .describe('Who may ask for the schema: everybody, nobody, or some roles. Default refuse.'),
  persisted: z
    .strictObject({
      file: z
        .string()
        .min(1)
        .describe('A JSON file with operations by id, a manifest of Apollo, or a folder of .graphql files.'),
      only: z.boolean().optional().describe('Nothing but these operations. Default true.'),
      expand: z
        .boolean()
        .optional()
        .describe('The service gets the text in the place of the id, which takes a POST. Default true.'),
    })
    .optional()
    .describe('Operations that are known: clients name them by id or SHA-256 hash.'),
  fields: z
    .record(coordinate, z.strictObject({ roles: roleNames.describe('One of these is needed.') }))
    .optional()
    .describe('Who may ask for a field, whatever the way to it: Mutation.deleteOrder. Needs schema.'),
  subscriptions: z
    .enum(['refuse', 'allow'])
    .optional()
    .describe('Subscriptions, and WebSockets, of which nothing is seen once they are open. Default refuse.'),
  extensions: z
    .array(name)
    .max(20)
    .optional()
    .describe('Members of `extensions` that pass unseen. Default [clientLibrary].'),
  queryParameters: z
    .array(z.string().min(1))
    .max(20)
    .optional()
    .describe('Parameters of the query that are not about GraphQL and pass. Default none.'),
});

export type GraphqlConfig = z.infer<typeof schema>;
