import { type Entry, scalar, seconds } from './entry.ts';

export function timeVariables(): Entry[] {
  const at = (name: string, read: (date: Date) => string | number): Entry =>
    scalar(name, 'always', ({ setup }) => String(read(new Date(setup.now()))));
  const two = (number: number): string => String(number).padStart(2, '0');
  return [
    // In local time, as rules of working hours are meant.
    at('TIME', (date) => `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`),
    at('TIME_DAY', (date) => date.getDate()),
    at('TIME_HOUR', (date) => date.getHours()),
    at('TIME_MIN', (date) => date.getMinutes()),
    at('TIME_MON', (date) => date.getMonth()),
    at('TIME_SEC', (date) => date.getSeconds()),
    at('TIME_WDAY', (date) => date.getDay()),
    at('TIME_YEAR', (date) => date.getFullYear()),
    scalar('TIME_EPOCH', 'always', ({ setup }) => seconds(setup.now())),
    scalar('DURATION', 'always', ({ setup, started }) => String(Math.round((setup.now() - started) * 1_000))),
  ];
}
