import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { within } from './wait.ts';

export const repository = join(import.meta.dirname, '..', '..');
const main = join(repository, 'packages', 'gateway', 'src', 'main.ts');

/** As `npm start` sets it: compiled code is kept, or each start takes a second longer. */
export const compileCache = join(repository, 'node_modules', '.cache', 'portcullis');

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds; then it is killed and the call fails. */
  readonly timeout?: number;
  /** It has children of its own, which must not outlive the tests either. */
  readonly group?: boolean;
}

/** With what to kill them: a negative pid is a process group. */
const children = new Map<ChildProcess, number>();
let watching = false;

/** A child process that does not outlive the tests, however they end. */
export function startProcess(
  command: string,
  args: readonly string[],
  { cwd, env, group = false }: RunOptions = {},
): ChildProcess {
  if (!watching) process.once('exit', killAll);
  watching = true;
  const child = spawn(command, args, {
    ...(cwd !== undefined && { cwd }),
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: group,
  });
  if (child.pid !== undefined) children.set(child, group ? -child.pid : child.pid);
  child.once('close', () => children.delete(child));
  return child;
}

function killAll(): void {
  for (const target of children.values()) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}

/** What the runner of the tests passes down would make child processes report as if they were tests. */
function environment(more: RunOptions['env'] = {}): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...rest } = process.env;
  return { ...rest, NODE_COMPILE_CACHE: compileCache, ...more };
}

/** Runs a program to its end. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const child = startProcess(command, args, options);
  let out = '';
  let err = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  try {
    const [code] = await within(
      `${command} ${args.join(' ')}`,
      once(child, 'close'),
      options.timeout ?? 20_000,
    );
    return { code: code as number | null, out, err };
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${(error as Error).message}\n${err}`);
  }
}

/** The CLI `portcullis`, as a user runs it. */
export function portcullis(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return runProgram(process.execPath, [main, ...args], options);
}

/** @param program its main module, in the place of the one of the repository */
export function startPortcullis(args: readonly string[], options: RunOptions, program = main): ChildProcess {
  return startProcess(process.execPath, [program, ...args], options);
}
