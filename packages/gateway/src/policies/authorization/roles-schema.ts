import { z } from 'zod';

const name = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, { error: 'expected a name without spaces and quotes' });

const role = z.strictObject({
  includes: z.array(name).optional().describe('Roles whose permissions, and whose access, this one has too.'),
  permissions: z
    .array(name)
    .optional()
    .describe('What the role may, in names of your own that operations ask for: orders:any.'),
});

/**
 * The `roles:` of the configuration. That a role includes itself, however far around, or one that there is not, is told
 * at the very name.
 */
export const roles = z.record(name, role).superRefine((written, context) => {
  for (const [start, { includes = [] }] of Object.entries(written)) {
    for (const [index, included] of includes.entries()) {
      const fault = Object.hasOwn(written, included)
        ? circleText(written, start, included)
        : `there is no role "${included}"; there are: ${Object.keys(written).join(', ')}`;
      if (fault !== undefined)
        context.addIssue({ code: 'custom', message: fault, path: [start, 'includes', index] });
    }
  }
});

export type RolesConfig = z.infer<typeof roles>;

/** The way by which a role includes itself, beginning with one that it names; undefined when there is none. */
function circleText(written: RolesConfig, start: string, first: string): string | undefined {
  const way = wayTo(written, start, first, new Set());
  return way === undefined ? undefined : `the role includes itself: ${[start, ...way].join(' includes ')}`;
}

function wayTo(written: RolesConfig, goal: string, from: string, seen: Set<string>): string[] | undefined {
  if (from === goal) return [from];
  if (seen.has(from)) return undefined;
  seen.add(from);
  const includes = (Object.hasOwn(written, from) ? written[from]?.includes : undefined) ?? [];
  for (const next of includes) {
    const way = wayTo(written, goal, next, seen);
    if (way !== undefined) return [from, ...way];
  }
  return undefined;
}
