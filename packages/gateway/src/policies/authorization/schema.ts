import { z } from 'zod';
import { mode, size } from '../../config/units.ts';
import { ownerPattern } from './owner.ts';
import { parseFieldTarget, parseTarget } from './target.ts';

const names = z.array(z.string().min(1).max(256)).min(1);
const condition = z
  .string()
  .min(1)
  .max(4096)
  .describe('A condition in CEL over request, principal, claims, time and address.');

const denial = z
  .strictObject({
    roles: names.optional().describe('Whoever has one of these.'),
    when: condition.optional(),
  })
  .refine((each) => each.roles !== undefined || each.when !== undefined, {
    error: 'expected roles, when, or both',
  });

const rule = {
  scopes: names.optional().describe('All of these scopes are needed.'),
  roles: names.optional().describe('One of these roles is needed, or one that includes it.'),
  permissions: names.optional().describe('All of these permissions are needed.'),
  when: condition.optional().describe('This condition must hold.'),
  deny: z
    .union([z.literal('everybody'), z.array(denial).min(1)])
    .optional()
    .describe('Who is refused, whatever else would allow it: everybody, or whoever one of the entries fits.'),
};

/** A key whose text a function of ours reads, so that what is wrong with it is told at its line. */
function key(parse: (text: string) => unknown) {
  return z.string().superRefine((text, context) => {
    try {
      parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });
}

const owner = z.string().regex(ownerPattern, {
  error: 'expected claims.NAME, such as claims.sub, or principal.subject or principal.client',
});

const exempt = z.array(z.string().min(1).max(256));

const binding = z.union([
  owner.describe('What it must be equal to: claims.sub, or one of a list.'),
  z.strictObject({
    to: owner.describe('What it must be equal to: claims.sub, or one of a list.'),
    except: exempt.optional().describe('Roles that it does not hold for.'),
    whenMissing: z
      .enum(['refuse', 'pass'])
      .optional()
      .describe(
        'What becomes of a request that leaves it out although the operation has it. Default refuse.',
      ),
  }),
]);

const roleList = z.union([z.literal('nobody'), exempt.min(1)]);

const field = z
  .strictObject({
    write: roleList.optional().describe('Roles that may send the field, or nobody. Default everybody.'),
    read: roleList.optional().describe('Roles that may see the field, or nobody. Default everybody.'),
    onWrite: z
      .enum(['refuse', 'remove'])
      .optional()
      .describe('What becomes of a request that has it all the same. Default refuse.'),
    onRead: z
      .enum(['remove', 'refuse'])
      .optional()
      .describe('What becomes of a reply that has it all the same. Default remove.'),
  })
  .refine((each) => each.write !== undefined || each.read !== undefined, {
    error: 'expected write, read, or both',
  });

export const schema = z.strictObject({
  mode: mode(),
  ...rule,
  operations: z
    .record(z.string(), z.strictObject(rule))
    .optional()
    .describe(
      'What single operations need besides, written as METHOD /path of the definition. It adds to what stands above, which is for every operation of the API.',
    ),
  bind: z
    .record(key(parseTarget), binding)
    .optional()
    .describe(
      'Parts of a request or reply that must belong to the caller: {customerId}, /customers/{customerId}, GET /orders?customerId, POST /orders#/customerId, GET /orders/{id} => #/customerId.',
    ),
  fields: z
    .record(key(parseFieldTarget), field)
    .optional()
    .describe(
      'Fields of JSON bodies that only some roles may write or see: #/role, GET /customers#/items/*/email.',
    ),
  undeclared: z
    .enum(['refuse', 'authenticated'])
    .optional()
    .describe(
      'Operations for which neither the definition nor a rule says who may: refuse them (default), or let in whoever is known.',
    ),
  largestReply: size()
    .refine((bytes) => bytes >= 1024 && bytes <= 64 * 1_048_576, { error: 'expected 1KiB to 64MiB' })
    .optional()
    .describe('Of replies that a rule looks into; larger ones are refused. Default 1MiB.'),
});

export type AuthorizationConfig = z.infer<typeof schema>;
export type RuleConfig = Pick<AuthorizationConfig, keyof typeof rule>;
export type BindingConfig = z.infer<typeof binding>;
