import { z } from 'zod';
import { duration, mode, size } from '../../config/units.ts';

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
  minimumBodyRate: z.int().min(0).optional().describe('Bytes a second that a body must keep. Default 100.'),
});
