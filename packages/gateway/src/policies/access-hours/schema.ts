import { z } from 'zod';
import { mode } from '../../config/units.ts';
import { wallClock, weekdays } from '../wall-clock.ts';

const time = (pattern: RegExp, example: string) =>
  z.string().regex(pattern, { error: `expected a time of the day such as ${example}` });

const window = z
  .strictObject({
    days: z
      .array(z.enum(weekdays))
      .min(1)
      .optional()
      .describe('Days on which it begins: mon, tue, wed, thu, fri, sat, sun. Default: every day.'),
    from: time(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, '08:00').describe(
      'From this minute on, by the clock there.',
    ),
    to: time(/^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/, '18:00').describe(
      'Up to this minute; an earlier one than `from` is on the next day.',
    ),
  })
  .refine(({ from, to }) => from !== to, {
    error: 'expected two times; 00:00 to 24:00 is the whole day',
    path: ['to'],
  });

const date = z
  .string()
  .regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/, { error: 'expected a date such as 2026-12-25' })
  .refine((text) => Number.isFinite(Date.parse(text)) && new Date(text).toISOString().startsWith(text), {
    error: 'there is no such date',
  });

export const schema = z.strictObject({
  mode: mode(),
  timeZone: z
    .string()
    .superRefine((text, context) => {
      try {
        wallClock(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: (error as Error).message });
      }
    })
    .describe('Whose clock it goes by, such as Europe/Berlin; changes to and from summer time included.'),
  open: z
    .array(window)
    .min(1)
    .max(100)
    .describe('When the API may be called; at all other times it may not.'),
  closed: z
    .array(date)
    .max(1000)
    .optional()
    .describe('Dates on which nothing is open, and no window begins.'),
});

export type AccessHoursConfig = z.infer<typeof schema>;
