import { type AddressInfo, createServer, type Server } from 'node:net';
import { hasReusePort } from '../threads/control.ts';
import { StartFault } from './start-fault.ts';

/** A port that is ours until the data threads listen on it. */
export interface HeldPort {
  readonly port: number;
  /** To be called when one of them does; afterwards it does nothing. */
  release(): void;
}

/**
 * Makes sure that nobody has a port, which the data threads would not notice, as they share it with whoever shares; and
 * holds it while they are prepared, so that of two gateways that start at once one is told. A connection that comes
 * meanwhile is closed.
 * @param name of the listener, for the fault
 * @param port 0 for a free one
 * @throws StartFault
 */
export async function holdPort(
  name: string,
  { host, port: wanted }: { readonly host?: string | undefined; readonly port: number },
): Promise<HeldPort> {
  for (let attempt = 1; ; attempt++) {
    let free = false;
    try {
      const probe = await listening(createServer(), { host, port: wanted });
      const { port } = probe.address() as AddressInfo;
      probe.close();
      free = true;
      if (!hasReusePort) return { port, release: () => {} };
      const holder = createServer((socket) => socket.destroy());
      holder.unref();
      await listening(holder, { host, port, reusePort: true });
      return { port, release: () => void holder.close() };
    } catch (error) {
      // Somebody who looks at the port just now, and is told that it is taken, is in our way until it has closed.
      if (!free || attempt === mostAttempts)
        throw new StartFault(portFault(name, host, wanted, error as NodeJS.ErrnoException));
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

const mostAttempts = 5;
/** Milliseconds. */
const pause = 50;

function listening(server: Server, options: Parameters<Server['listen']>[0]): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => resolve(server));
  });
}

/** What is wrong with a port, as a sentence. */
export function portFault(
  name: string,
  host: string | undefined,
  port: number,
  error: NodeJS.ErrnoException,
): string {
  const where = `port ${port}${host === undefined ? '' : ` of ${host}`}`;
  if (error.code === 'EADDRINUSE')
    return `listen.${name}: ${where} is taken by another program; stop it or choose another port`;
  if (error.code === 'EACCES')
    return `listen.${name}: ${where} needs rights that this user does not have; ports below 1024 usually do`;
  if (error.code === 'EADDRNOTAVAIL') return `listen.${name}: this machine does not have the address ${host}`;
  return `listen.${name}: ${where} cannot be opened: ${error.message}`;
}
