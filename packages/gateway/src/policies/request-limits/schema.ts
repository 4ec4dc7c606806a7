import { z } from 'zod';
import { duration, mode, size } from '../../config/units.ts';
import { deepest, usualLimits } from '../../http/json-limits.ts';

const usual = usualLimits;

const json = z.strictObject({
  depth: bound(deepest).describe(`Levels of objects and arrays. Default ${usual.depth}, at most ${deepest}.`),
  members: bound().describe(`Members of one object. Default ${usual.members}.`),
  items: bound().describe(`Items of one array. Default ${usual.items}.`),
  values: bound().describe(`Values in all. Default ${usual.values}.`),
  stringLength: size().optional().describe('One string or name, as it is written. Default 1MiB.'),
  numberLength: bound().describe(`Characters of a number. Default ${usual.numberLength}.`),
  inexactNumbers: z
    .enum(['refuse', 'allow'])
    .optional()
    .describe('Numbers that a double does not hold, such as 9007199254740993 or 1e400. Default refuse.'),
  prototypeNames: z
    .enum(['refuse', 'allow'])
    .optional()
    .describe('Members named __proto__, and prototype in one named constructor. Default refuse.'),
});

function bound(most = Number.MAX_SAFE_INTEGER) {
  return z.int().min(1).max(most).optional();
}

export const schema = z.strictObject({
  mode: mode(),
  target: size().optional().describe('Path and query together. Default 8KiB.'),
  fieldCount: z.int().min(1).max(1000).optional().describe('Header fields. Default 100.'),
  fieldSize: size().optional().describe('One field, name and value. Default 16KiB.'),
  fieldsSize: size().optional().describe('All fields together. Default 32KiB.'),
  queryCount: z.int().min(0).max(10_000).optional().describe('Query parameters. Default 100.'),
  body: size().optional().describe('A body that is passed on as it arrives. Default 1GiB.'),
  inspectedBody: size()
    .optional()
    .describe(
      'A body that is held in memory because a policy reads it. Default 1MiB, or body where that is less.',
    ),
  bodyTimeout: duration()
    .optional()
    .describe('A body without progress for so long is cut off. Default 10s; 0s for never.'),
  json: json.optional().describe('Bounds on bodies that a policy reads as JSON.'),
  minimumBodyRate: z.int().min(0).optional().describe('Bytes a second that a body must keep. Default 100.'),
});

export type JsonConfig = z.infer<typeof json>;
