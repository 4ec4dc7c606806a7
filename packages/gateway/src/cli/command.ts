/** One command of the program. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** The text of --help. */
  readonly help: string;
  /**
   * @param args what follows the name of the command
   * @returns the exit code; a command that goes on running returns when it ends
   */
  run(args: readonly string[]): Promise<number>;
}

/** The configuration of a command that names none. */
export const usualFile = 'portcullis.yaml';

/** Wrong use of a command; the message says what is right. Exit code 2. */
export class UsageFault extends Error {}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}
