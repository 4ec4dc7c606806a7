import { configurationSchema } from '../../packages/gateway/src/config/schema.ts';
import { policies } from '../../packages/gateway/src/policies/index.ts';
import { generatedNote, optionTable, page } from './markdown.ts';
import { jsonSchemaOf, type Option, optionsOf } from './options.ts';

const explanation = `The gateway reads one YAML file, \`portcullis.yaml\` unless \`--config\` names another. \`portcullis check\` says what is
wrong with it, all at once, with line and column.

A running gateway reads it again when it changes, when one of the files that it is made of does, and on SIGHUP. Those
are certificates and keys, key sets, definitions with all that their \`$ref\`s name, and policies of your own with the
modules that they import by a path; 2,000 at most are watched. What is read is prepared beside what runs. Where
anything is not right, nothing changes, and the log says what is wrong.

Editors complete it and check it as you type with its JSON Schema, which \`portcullis schema\` writes. It has the options
of your own policies as well, where the configuration names them under \`extensions\`; write it again when they change.

\`\`\`sh
npm run -s portcullis -- schema portcullis.yaml --output portcullis.schema.json
\`\`\`

\`\`\`yaml
# yaml-language-server: $schema=portcullis.schema.json
\`\`\`

That line, the first of the file, is read by all editors that use the YAML language server, VS Code with the YAML
extension of Red Hat and Neovim among them. Others have a setting that maps a schema to files; in VS Code it is
\`"yaml.schemas": { "./portcullis.schema.json": "portcullis.yaml" }\`. Without policies of your own,
[schemas/portcullis.schema.json](../schemas/portcullis.schema.json) does.

- Relative paths start from the folder of the file.
- A length of time is written \`500ms\`, \`10s\`, \`5m\`, \`1h\`, \`7d\`; a size \`512B\`, \`64KiB\`, \`10MiB\`, \`1GiB\`.
- \`\${NAME}\` stands for an environment variable, \`\${NAME:-text}\` for its value or else the text.
- A policy that an operation names replaces that of the API, and one that the API names replaces that at the top: as a
  whole, option by option nothing is mixed. \`off\` switches a policy off.
- \`*\` in an option below is a name of your choice, \`[]\` an element of a list.`;

/** docs/configuration.md: every option of the file, from its schema. */
export function configurationPage(): Map<string, string> {
  const schema = jsonSchemaOf(configurationSchema(policies));
  const options = optionsOf(schema, '', holdsPolicies).map((option) =>
    holdsPolicies(option.path)
      ? { ...option, takes: 'names of [policies](policies/README.md) with options each' }
      : option,
  );
  const sections = Object.keys(schema.properties ?? {});
  const [single, composed] = partition(sections, (name) => optionsBelow(options, name).length === 1);
  return new Map([
    [
      'docs/configuration.md',
      page(
        generatedNote,
        '# Configuration',
        explanation,
        '## At the top',
        optionTable(single.flatMap((name) => optionsBelow(options, name))),
        ...composed.flatMap((name) => [
          `## ${name}`,
          // The heading says as much as a line for the key itself, unless there is more to tell.
          optionTable(
            optionsBelow(options, name).filter(({ path, meaning }) => path !== name || meaning !== ''),
          ),
        ]),
      ),
    ],
  ]);
}

function holdsPolicies(path: string): boolean {
  return path === 'policies' || path.endsWith('.policies');
}

function optionsBelow(options: readonly Option[], name: string): Option[] {
  return options.filter(
    ({ path }) => path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`),
  );
}

function partition<T>(all: readonly T[], holds: (each: T) => boolean): [T[], T[]] {
  return [all.filter(holds), all.filter((each) => !holds(each))];
}
