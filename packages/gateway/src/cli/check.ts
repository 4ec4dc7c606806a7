import { formatFaults } from '../config/fault-text.ts';
import { ConfigurationError, loadConfiguration } from '../config/load.ts';
import { atMost, readArguments } from './arguments.ts';
import { type Command, print, UsageFault, usualFile } from './command.ts';
import { placeFaults } from './faults.ts';
import { checkCertificates, listenMisfits } from './listen-check.ts';
import { prepare } from './preparation.ts';
import { summaryOf } from './summary.ts';
import { warningsOf } from './warnings.ts';

export const check: Command = {
  name: 'check',
  summary: 'say whether a configuration can run, and what to look at',
  help: `portcullis check [FILE]

Prepares a configuration as the gateway would, by default portcullis.yaml in this folder, without opening a
port or changing a file: every policy, every schema of every definition, every certificate. The environment
variables that the file names have to be set.

When something is wrong, every fault is a line on stderr, file:line:column, where in the file, and what:

  portcullis.yaml:12:5  apis.orders.upstrem  unknown key; did you mean "upstream"?

Otherwise it prints what each API comes to, then warnings: what works but should not go unnoticed. Each mistake in
a definition is one of them, with its file and place as a JSON Pointer, and what the gateway does about it:

  portcullis.yaml:13:14  apis.orders.openapi  orders.yaml at /paths/~1orders/post/requestBody/content/application~1json/schema/maxlength: "maxlength" is no keyword here; did you mean "maxLength"?; the keyword is ignored

  --config FILE, -c FILE   the same as FILE

Exit code: 0 the configuration can run, with or without warnings; 1 it cannot; 2 wrong use.`,
  async run(args) {
    const { values, positionals } = readArguments('check', args, { config: { type: 'string', short: 'c' } });
    atMost('check', positionals, 1);
    if (values.config !== undefined && positionals.length > 0) {
      throw new UsageFault(`there are two configurations, ${positionals[0]} and ${values.config}; name one`);
    }
    print(await checkConfiguration(positionals[0] ?? values.config ?? usualFile, process.env, Date.now()));
    return 0;
  },
};

/**
 * @param now milliseconds since the epoch, which the ends of certificates are compared with
 * @returns summary, warnings and OK
 * @throws ConfigurationError with all faults
 */
export async function checkConfiguration(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  now: number,
): Promise<string> {
  const loaded = await loadConfiguration(file, env);
  const certificates = checkCertificates(loaded, now);
  const preparation = await prepare(loaded);
  try {
    const misfits = [
      ...listenMisfits(loaded.bundle.configuration),
      ...certificates.misfits,
      ...preparation.misfits,
    ];
    if (misfits.length > 0) throw new ConfigurationError(placeFaults(loaded, misfits));
    // Compiles the schemas of all operations, which otherwise the first request to each of them does.
    await preparation.gateway?.warm();
    const expiring = certificates.warnings.map(({ place, message }) => loaded.faultAt(place, message));
    const warnings = [...expiring, ...(await warningsOf(loaded, preparation.logs, now))].sort(
      (a, b) => a.line - b.line || a.column - b.column,
    );
    return [summaryOf(loaded), ...warningText(warnings), okText(warnings.length)].join('\n\n');
  } finally {
    preparation.close();
  }
}

function warningText(warnings: Parameters<typeof formatFaults>[0]): string[] {
  return warnings.length === 0 ? [] : [`warnings:\n${formatFaults(warnings)}`];
}

function okText(warnings: number): string {
  if (warnings === 0) return 'OK';
  return `OK, with ${warnings === 1 ? '1 warning' : `${warnings} warnings`}`;
}
