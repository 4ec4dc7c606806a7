#!/usr/bin/env node
import { access } from './cli/access-command.ts';
import { check } from './cli/check.ts';
import { client } from './cli/client.ts';
import { type Command, print, UsageFault } from './cli/command.ts';
import { explain } from './cli/explain.ts';
import { init } from './cli/init.ts';
import { key } from './cli/key.ts';
import { report } from './cli/report.ts';
import { schema } from './cli/schema.ts';
import { start } from './cli/start.ts';
import { user } from './cli/user.ts';
import { waf } from './cli/waf.ts';

const commands: readonly Command[] = [start, check, init, explain, access, key, client, user, waf, schema];

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
  return command.run(args);
}

process.exitCode = await main(process.argv.slice(2)).catch(report);
