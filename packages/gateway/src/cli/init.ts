import { existsSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { DefinitionError } from '../openapi/files.ts';
import { atMost, readArguments } from './arguments.ts';
import { checkConfiguration } from './check.ts';
import { type Command, complain, print, UsageFault, usualFile } from './command.ts';
import { type Hints, readHints } from './definition-hints.ts';
import { type Draft, draftConfiguration } from './draft.ts';
import { StartFault } from './start-fault.ts';

export const init: Command = {
  name: 'init',
  summary: 'write a configuration for your own API',
  help: `portcullis init --openapi FILE --upstream URL [--out FILE] [--force]

Writes a configuration that puts the gateway in front of an API, from its OpenAPI definition: how callers are
known, base path, authorization, rate limits, access log. What the definition cannot tell is marked with
# CHANGE: in the file. Then it checks the file, as portcullis check does.

  --openapi FILE   the definition: OpenAPI 3.1, 3.0 or Swagger 2.0, YAML or JSON
  --upstream URL   where the API is served, such as http://10.0.0.1:3000; several times for several servers
  --out FILE       what to write. Default portcullis.yaml in this folder
  --force          replace the file if it is there

Exit code: 0 written, and it can run; 1 not written, or it cannot run yet; 2 wrong use.`,
  async run(args) {
    const { values, positionals } = readArguments('init', args, {
      openapi: { type: 'string' },
      upstream: { type: 'string', multiple: true },
      out: { type: 'string' },
      force: { type: 'boolean' },
    });
    atMost('init', positionals, 0);
    const { openapi, out = usualFile, force = false } = values;
    if (openapi === undefined) throw new UsageFault('name the definition of the API: --openapi FILE');
    if (/^https?:/i.test(openapi))
      throw new UsageFault('--openapi takes a file: download the definition first');
    if (values.upstream === undefined)
      throw new UsageFault('say where the API is served: --upstream URL, such as http://10.0.0.1:3000');
    if (existsSync(out) && !force)
      throw new StartFault(`${out} is there already; --force replaces it, --out names another file`);

    const hints = await orFault(() => readHints(openapi));
    const upstreams = values.upstream.map((url) => originOf(url, hints.basePath));
    const draft = draftConfiguration({ hints, openapi: relativeTo(out, openapi), upstreams });
    write(out, draft.text, force);
    print(`${out} is written.\n`);
    await showCheck(out);
    print(`\n${nextSteps(out, draft)}`);
    return 0;
  },
};

async function showCheck(file: string): Promise<void> {
  try {
    print(await checkConfiguration(file, process.env, Date.now()));
  } catch (error) {
    complain('It cannot run yet:\n');
    throw error;
  }
}

/** @throws UsageFault for what cannot be the target of an upstream */
export function originOf(text: string, basePath: string): string {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    const hint = /^[a-z0-9.-]+(:[0-9]+)?$/i.test(text)
      ? `; write http://${text}`
      : ', such as http://10.0.0.1:3000';
    throw new UsageFault(`--upstream ${text} is not a URL of http or https${hint}`);
  }
  const { origin, pathname, search, hash, username, password } = new URL(text);
  if (username !== '' || password !== '')
    throw new UsageFault('--upstream cannot carry a user name or a password');
  const path = pathname.replace(/\/+$/, '');
  if (search !== '' || hash !== '')
    throw new UsageFault(`--upstream ${text}: leave out the query; write ${origin}`);
  // The base path of the definition goes along with every request anyway.
  if (path === '' || path === basePath) return origin;
  const known = basePath === '' ? '' : `, after the base path ${basePath} of the definition`;
  throw new UsageFault(
    `--upstream ${text}: leave out the path and write ${origin}. The gateway sends the path of the request${known}; add ${path} to the servers of the definition if all its paths begin so`,
  );
}

/** With slashes, and so that it reads as a file. */
function relativeTo(out: string, openapi: string): string {
  const path = relative(dirname(resolve(out)), resolve(openapi)).replaceAll(sep, '/');
  return path.startsWith('../') || path.startsWith('/') ? path : `./${path}`;
}

function write(file: string, text: string, force: boolean): void {
  try {
    writeFileSync(file, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' ? 'there is no such folder' : code === 'EEXIST' ? 'it is there already' : message;
    throw new StartFault(`${file} cannot be written: ${why}`);
  }
}

async function orFault(action: () => Promise<Hints>): Promise<Hints> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof DefinitionError) throw new StartFault(error.message);
    throw error;
  }
}

function nextSteps(out: string, { httpsPort, takesKeys, takesPasswords, example }: Draft): string {
  const named = resolve(out) === resolve(usualFile) ? '' : ` --config ${out}`;
  const state = relative('.', resolve(dirname(out), '.portcullis')).replaceAll(sep, '/');
  const steps = [
    `change what is marked with # CHANGE: in ${out}`,
    `portcullis check${named === '' ? '' : ` ${out}`}`,
    ...(takesKeys ? [`portcullis key create --name NAME${named}`] : []),
    ...(takesPasswords ? [`portcullis user create NAME --basic${named}`] : []),
    `portcullis start${named}`,
    `portcullis explain GET https://localhost:${httpsPort}${example}${named}`,
  ];
  const keep = `Keep ${state}/ out of version control: keys and certificates of the gateway are in it.`;
  return `Next:\n${steps.map((step, index) => `  ${index + 1}. ${step}`).join('\n')}\n\n${keep}`;
}
