import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { nearest } from '../config/suggest.ts';
import { duration } from '../config/units.ts';
import { UsageFault } from './command.ts';

/**
 * Reads what follows the name of a command.
 * @param command for the hint at its --help
 * @throws UsageFault that says which option is wrong, and what may have been meant
 */
export function readArguments<const Options extends ParseArgsOptionsConfig>(
  command: string,
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageFault(
      `${faultOf(error as Error, options)}; portcullis ${command} --help lists what there is`,
    );
  }
}

/** @throws UsageFault when there are more words than the command takes */
export function atMost(command: string, words: readonly string[], most: number): void {
  const extra = words[most];
  if (extra === undefined) return;
  throw new UsageFault(`"${extra}" is one word too many; portcullis ${command} --help shows how to write it`);
}

/**
 * What the first word after a command says to do, as `create` in `portcullis key create`.
 * @throws UsageFault when there is none, or no such action
 */
export function chooseAction<Action>(
  command: string,
  actions: Readonly<Record<string, Action>>,
  positionals: readonly string[],
): { readonly action: string; readonly perform: Action; readonly words: readonly string[] } {
  const [action, ...words] = positionals;
  if (action !== undefined && Object.hasOwn(actions, action))
    return { action, perform: actions[action]!, words };
  const what = action === undefined ? 'say what to do:' : `"${action}" is none of`;
  throw new UsageFault(`${what} ${Object.keys(actions).join(', ')}; portcullis ${command} --help tells more`);
}

/** Values that are given once or several times, each with commas or spaces in it. */
export function listed(values: readonly string[] | undefined): string[] {
  return (values ?? []).flatMap((value) => value.split(/[\s,]+/)).filter((each) => each !== '');
}

/** Milliseconds; 0 needs no unit. */
export function lengthOfTime(option: string, text: string): number {
  const read = duration().safeParse(text === '0' ? '0s' : text);
  if (!read.success)
    throw new UsageFault(`--${option} ${text}: expected a length of time such as 12h or 90d`);
  return read.data;
}

/** An option that does nothing here was meant for something: it is not passed over. */
export function refuseStray(
  what: string,
  values: Readonly<Record<string, unknown>>,
  known: readonly string[],
): void {
  const stray = Object.keys(values).find((name) => !['config', 'state', ...known].includes(name));
  if (stray !== undefined) throw new UsageFault(`${what} has no option --${stray}`);
}

/** The messages of parseArgs are about positional arguments and shells where a name was merely mistyped. */
function faultOf({ message }: Error, options: ParseArgsOptionsConfig): string {
  const unknown = /^Unknown option '(-{1,2})([^']*)'/.exec(message);
  if (unknown !== null) {
    const near = nearest(unknown[2]!, Object.keys(options));
    return `there is no option ${unknown[1]}${unknown[2]}${near === undefined ? '' : ` (did you mean --${near}?)`}`;
  }
  const named = /--([a-z-]+)/.exec(message)?.[1];
  if (named !== undefined && options[named]?.type === 'boolean') return `--${named} takes no value`;
  if (named !== undefined && options[named]?.type === 'string') {
    const dashed = message.includes('ambiguous')
      ? `; write --${named}=VALUE where the value starts with "-"`
      : '';
    return `--${named} needs a value${dashed}`;
  }
  return message;
}
