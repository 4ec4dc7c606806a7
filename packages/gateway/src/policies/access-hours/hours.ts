import { type Weekday, wallClock, weekdays } from '../wall-clock.ts';
import type { AccessHoursConfig } from './schema.ts';

interface Window {
  readonly days: ReadonlySet<Weekday>;
  /** Minutes since midnight. */
  readonly from: number;
  readonly to: number;
}

/**
 * Compiles opening hours. A window goes by the clock on the wall: one that begins at 02:30 begins at 03:00 on the day on
 * which the clock jumps over it, and is open twice on the day on which that hour is repeated.
 * @returns whether it is open at a time in milliseconds since the epoch; worked out once a minute
 */
export function compileHours(config: AccessHoursConfig): (milliseconds: number) => boolean {
  const clock = wallClock(config.timeZone);
  const closed = new Set(config.closed);
  const windows = config.open.map(
    ({ days = weekdays, from, to }): Window => ({
      days: new Set(days),
      from: minutesOf(from),
      to: minutesOf(to),
    }),
  );
  let known = Number.NaN;
  let open = false;
  return (milliseconds) => {
    const minute = Math.floor(milliseconds / 60_000);
    if (minute !== known) {
      const now = clock(milliseconds);
      const before = dayBefore(now);
      open =
        !closed.has(now.date) &&
        windows.some((window) => isOpen(window, now, closed.has(before.date) ? undefined : before.weekday));
      known = minute;
    }
    return open;
  };
}

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
}

/** @param yesterday undefined when nothing began then */
function isOpen(
  { days, from, to }: Window,
  { weekday, minute }: { readonly weekday: Weekday; readonly minute: number },
  yesterday: Weekday | undefined,
): boolean {
  if (from < to) return days.has(weekday) && minute >= from && minute < to;
  if (days.has(weekday) && minute >= from) return true;
  return yesterday !== undefined && days.has(yesterday) && minute < to;
}

function dayBefore({ date, weekday }: { readonly date: string; readonly weekday: Weekday }): {
  readonly date: string;
  readonly weekday: Weekday;
} {
  return {
    date: new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10),
    weekday: weekdays[(weekdays.indexOf(weekday) + 6) % 7]!,
  };
}
