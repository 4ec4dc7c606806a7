import { parseArgs } from 'node:util';
import { type Command, complain, usualFile } from './command.ts';
import { run } from './run.ts';

export const start: Command = {
  name: 'start',
  summary: 'run the gateway',
  help: `portcullis start [--config FILE]

Runs the gateway with a configuration, by default portcullis.yaml in this folder.

  SIGHUP          reads the configuration again; a bad one leaves the old one running
  SIGTERM, SIGINT end it once the requests in flight are answered (listen.drainTimeout)

A change of the file, or of any file behind it, is noticed by itself: definitions and what they refer to, policies of
your own and what they import, certificates, keys.
What the gateway says of itself goes to stderr; the access log goes where access-log.to says.`,
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { config: { type: 'string', short: 'c' } } });
    const log = (message: string): void => complain(`portcullis: ${message}`);
    const running = await run(values.config ?? usualFile, log);
    // Before anybody can know that it runs: a signal that nobody handles ends the process.
    const stopped = untilStopped(running);
    const { http, https, internal, admin } = running.ports;
    const places = [
      https === undefined ? undefined : `https on ${https}`,
      http === undefined ? undefined : `http on ${http}`,
      ...Object.entries(internal).map(([name, port]) => `${name} on ${port}`),
      admin === undefined ? undefined : `admin on ${admin}`,
    ];
    const isUp = await Promise.race([running.complete.then(() => true), stopped.then(() => false)]);
    if (isUp) log(`ready: ${places.filter((each) => each !== undefined).join(', ')}`);
    return stopped;
  },
};

/** Obeys signals from the call on; ends when one says so. */
export async function untilStopped(running: Awaited<ReturnType<typeof run>>): Promise<number> {
  process.on('SIGHUP', () => void running.reload('SIGHUP'));
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  // A second signal means it: what is still in flight is broken off.
  process.once('SIGTERM', () => process.exit(1));
  process.once('SIGINT', () => process.exit(1));
  await running.stop();
  return 0;
}
