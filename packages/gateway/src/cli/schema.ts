import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { editorSchema } from '../config/json-schema.ts';
import { loadPolicies } from '../config/load.ts';
import { configurationSchema } from '../config/schema.ts';
import { type AnyPolicy, policies } from '../policies/index.ts';
import { atMost, readArguments } from './arguments.ts';
import { type Command, print, UsageFault, usualFile } from './command.ts';
import { StartFault } from './start-fault.ts';

export const schema: Command = {
  name: 'schema',
  summary: 'print the JSON Schema of a configuration, for editors',
  help: `portcullis schema [FILE] [--output FILE]

Prints the JSON Schema (draft 2020-12) of a configuration, by default of portcullis.yaml in this folder, with
which editors complete it and check it as you type. It has the options of the policies that are built in, and
of your own that the configuration names under extensions. Without a configuration it has the former alone.

  portcullis schema --output portcullis.schema.json

Then the first line of the configuration tells editors where it is:

  # yaml-language-server: $schema=portcullis.schema.json

Run it again when the options of a policy of yours have changed. Of the configuration only extensions is looked
at, and the files that it names are loaded; whatever else is wrong with it does not matter.

  --config FILE, -c FILE   the same as FILE
  --output FILE, -o FILE   where to write it, in the place of stdout; left as it is when something is wrong

Exit code: 0 done; 1 the configuration or a policy of it cannot be read; 2 wrong use.`,
  async run(args) {
    const { values, positionals } = readArguments('schema', args, {
      config: { type: 'string', short: 'c' },
      output: { type: 'string', short: 'o' },
    });
    atMost('schema', positionals, 1);
    if (values.config !== undefined && positionals.length > 0) {
      throw new UsageFault(`there are two configurations, ${positionals[0]} and ${values.config}; name one`);
    }
    const text = editorSchemaOf(await policiesOf(positionals[0] ?? values.config));
    if (values.output === undefined) print(text.trimEnd());
    else writeWhole(values.output, text);
    return 0;
  },
};

/** The JSON Schema of a configuration that may name these policies, as the text of a file. */
export function editorSchemaOf(all: readonly AnyPolicy[]): string {
  const isCommon = all.length === policies.length;
  const made = editorSchema(configurationSchema(all), {
    ...(isCommon && { id: 'urn:portcullis:schema:configuration' }),
    title: usualFile,
  });
  return `${JSON.stringify(made, null, 2)}\n`;
}

async function policiesOf(file: string | undefined): Promise<readonly AnyPolicy[]> {
  return file === undefined && !existsSync(usualFile) ? policies : loadPolicies(file ?? usualFile);
}

/** Editors that watch the file never see half of it. */
function writeWhole(file: string, text: string): void {
  try {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  } catch (error) {
    throw new StartFault(`${file} cannot be written: ${(error as Error).message}`);
  }
}
