#!/usr/bin/env node
import { check } from './cli/check.ts';
import { type Command, complain, print, UsageFault } from './cli/command.ts';
import { explain } from './cli/explain.ts';
import { init } from './cli/init.ts';
import { key } from './cli/key.ts';
import { StartFault } from './cli/run.ts';
import { start } from './cli/start.ts';
import { ConfigurationError } from './config/load.ts';

const commands: readonly Command[] = [start, check, init, explain, key];

const help = `portcullis: an API security gateway

${commands.map(({ name, summary }) => `  portcullis ${name.padEnd(8)} ${summary}`).join('\n')}

portcullis COMMAND --help tells more of each.`;

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    print(help);
    return name === undefined ? 2 : 0;
  }
  const command = commands.find((each) => each.name === name);
  if (command === undefined) throw new UsageFault(`there is no command "${name}"\n\n${help}`);
  if (args.includes('--help') || args.includes('-h')) {
    print(command.help);
    return 0;
  }
  refuseInsecureParser();
  return command.run(args);
}

/** The switch makes Node's parser take what lets requests be smuggled; with it no promise of the gateway holds. */
function refuseInsecureParser(): void {
  const options = `${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`;
  if (options.includes('--insecure-http-parser')) {
    throw new StartFault('Node runs with --insecure-http-parser, which lets requests be smuggled; start it without');
  }
}

/** Faults that the operator can mend are one clear text; only a fault of the program shows where it happened. */
function report(error: unknown): number {
  if (error instanceof ConfigurationError) complain(error.message);
  else if (error instanceof StartFault) complain(`portcullis: ${error.message}`);
  else if (error instanceof UsageFault || isArgumentFault(error)) {
    complain(`portcullis: ${(error as Error).message}`);
    return 2;
  } else complain(`portcullis: ${error instanceof Error ? error.stack : String(error)}`);
  return 1;
}

function isArgumentFault(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code).startsWith('ERR_PARSE_ARGS');
}

process.exitCode = await main(process.argv.slice(2)).catch(report);
