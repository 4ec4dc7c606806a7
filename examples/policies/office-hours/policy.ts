import { refuse } from 'portcullis/exchange';
import { definePolicy } from 'portcullis/policy';
import { mode } from 'portcullis/units';
import { z } from 'zod';

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
const time = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, { error: 'expected a time such as 08:30' });

const schema = z
  .strictObject({
    mode: mode(),
    open: time.describe('From this minute on, such as 08:30.'),
    close: time.describe('Up to this minute, on the same day.'),
    days: z.array(z.enum(days)).min(1).optional().describe('Default Mon to Fri.'),
    timeZone: z.string().min(1).optional().describe('Such as Europe/Berlin. Default UTC.'),
    methods: z
      .array(z.string().regex(/^[A-Z]+$/))
      .min(1)
      .optional()
      .describe('Methods that keep office hours. Default POST, PUT, PATCH and DELETE.'),
  })
  .refine(({ open, close }) => open < close, {
    error: 'expected close to be later than open',
    path: ['close'],
  });

/** Changes only while somebody is there to notice what they do. */
export const policy = definePolicy({
  name: 'office-hours',
  summary: 'Refuses changes outside office hours.',
  phase: 'head',
  schema,
  problems: ['custom'],
  onFault: 'refuse',
  prepare({ open, close, ...config }, environment) {
    const methods = new Set(config.methods ?? ['POST', 'PUT', 'PATCH', 'DELETE']);
    const openDays: ReadonlySet<string> = new Set(config.days ?? days.slice(0, 5));
    const localTime = clock(config.timeZone ?? 'UTC');
    const verdict = refuse('custom', {
      detail: `This is accepted from ${open} to ${close} ${config.timeZone ?? 'UTC'}.`,
      reason: 'outside office hours',
    });

    // The answer is the same for a whole minute, and to ask the calendar costs more than all else here.
    let minute = -1;
    let isOpen = false;
    return {
      head({ method }) {
        if (!methods.has(method)) return undefined;
        const now = Math.floor(environment.now() / 60_000);
        if (now !== minute) {
          const { day, time } = localTime(now * 60_000);
          minute = now;
          isOpen = openDays.has(day) && time >= open && time < close;
        }
        return isOpen ? undefined : verdict;
      },
    };
  },
});

/** @throws RangeError for a time zone that does not exist: `portcullis check` shows it with its place */
function clock(timeZone: string): (at: number) => { day: string; time: string } {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (at) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
    return { day: parts.get('weekday') ?? '', time: `${parts.get('hour')}:${parts.get('minute')}` };
  };
}
