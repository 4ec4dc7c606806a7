import type { Position } from './problem.ts';

/** A directive with its continuation lines joined. */
export interface LogicalLine extends Position {
  readonly text: string;
}

/** Longer directives are refused; the longest of CRS has 10 KiB. */
export const maximumLineLength = 256 * 1024;

/**
 * Splits a file into directives. A backslash at the end of a line continues it. Apache continues comments so too, others do
 * not; a rule that would be swallowed by the comment above it is therefore a problem, not a matter of taste.
 */
export function logicalLines(text: string, file: string, report: (line: number, message: string) => void) {
  const physical = text.split(/\r\n|\n/);
  const lines: LogicalLine[] = [];
  for (let at = 0; at < physical.length; at++) {
    const line = at + 1;
    if (/^[ \t]*(?:#|$)/.test(physical[at]!)) {
      const next = physical[at + 1]?.trim() ?? '';
      if (physical[at]!.endsWith('\\') && next !== '' && !next.startsWith('#'))
        report(
          line,
          'this comment ends with a backslash, which takes the next line into it for some readers',
        );
      continue;
    }
    let joined = physical[at]!;
    while (joined.endsWith('\\') && at + 1 < physical.length) joined = joined.slice(0, -1) + physical[++at]!;
    if (joined.length > maximumLineLength) report(line, `directive longer than ${maximumLineLength} bytes`);
    else lines.push({ file, line, text: joined.trim() });
  }
  return lines;
}
