import { z } from 'zod';

const milliseconds = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const bytes = { B: 1, KiB: 1024, MiB: 1_048_576, GiB: 1_073_741_824 } as const;

/** A length of time, `500ms`, `10s`, `5m`, `1h`, `7d`; in the resolved configuration milliseconds. */
export function duration() {
  return z
    .string()
    .regex(/^(0|[1-9][0-9]{0,8})(ms|s|m|h|d)$/, {
      error: 'expected a length of time such as 500ms, 10s, 5m, 1h or 7d',
    })
    .transform((text) => {
      const unit = text.replace(/^[0-9]+/, '') as keyof typeof milliseconds;
      return Number.parseInt(text, 10) * milliseconds[unit];
    });
}

/** A size, `512B`, `64KiB`, `10MiB`, `1GiB`; in the resolved configuration bytes. */
export function size() {
  return z
    .string()
    .regex(/^(0|[1-9][0-9]{0,8})(B|KiB|MiB|GiB)$/, {
      error: 'expected a size such as 512B, 64KiB, 10MiB or 1GiB',
    })
    .transform((text) => {
      const unit = text.replace(/^[0-9]+/, '') as keyof typeof bytes;
      return Number.parseInt(text, 10) * bytes[unit];
    });
}

/** Whether a policy refuses, only records what it would have refused, or does not run. */
export function mode() {
  return z
    .enum(['enforce', 'monitor', 'off'])
    .optional()
    .describe(
      'Refuse (enforce), only record what would have been refused (monitor), or do not run (off). Default enforce.',
    );
}

/** Milliseconds in the largest unit that takes them whole, as `duration` reads them: `7d`, `90s`. */
export function durationText(time: number): string {
  const unit = (['d', 'h', 'm', 's'] as const).find((each) => time > 0 && time % milliseconds[each] === 0);
  return unit === undefined ? `${time}ms` : `${time / milliseconds[unit]}${unit}`;
}
