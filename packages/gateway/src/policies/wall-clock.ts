/** What a clock on the wall shows. */
export interface WallTime {
  /** `2026-11-24` */
  readonly date: string;
  readonly weekday: Weekday;
  /** Minutes since midnight, as the hands say: where an hour is repeated, its minutes come twice. */
  readonly minute: number;
}

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/**
 * A clock in a time zone, right across changes to and from summer time, as the rules come from Node's own tz database.
 * What it shows is worked out once a minute: no zone that is in use changes within one.
 * @param timeZone a name of the IANA database, such as Europe/Berlin
 * @returns from milliseconds since the epoch
 * @throws Error when there is no such zone
 */
export function wallClock(timeZone: string): (milliseconds: number) => WallTime {
  const format = formatFor(timeZone);
  let known = Number.NaN;
  let shown: WallTime = { date: '', weekday: 'mon', minute: 0 };
  return (milliseconds) => {
    const minute = Math.floor(milliseconds / 60_000);
    if (minute !== known) {
      shown = read(format, minute * 60_000);
      known = minute;
    }
    return shown;
  };
}

function formatFor(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
  } catch {
    throw new Error(
      `there is no time zone ${JSON.stringify(timeZone)}; write a name such as Europe/Berlin or UTC`,
    );
  }
}

function read(format: Intl.DateTimeFormat, milliseconds: number): WallTime {
  const part: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of format.formatToParts(milliseconds)) part[type] = value;
  return {
    date: `${part.year}-${part.month}-${part.day}`,
    weekday: part.weekday!.toLowerCase() as Weekday,
    minute: Number(part.hour) * 60 + Number(part.minute),
  };
}
