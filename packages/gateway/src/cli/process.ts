import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { StartFault } from './start-fault.ts';

/**
 * Sees to it that the process is one that requests can be trusted to.
 * @throws StartFault
 */
export function secureProcess(): void {
  refuseInsecureParser();
  boundRegularExpressions();
  widenPool();
}

/**
 * All threads of the process share a pool of four for reading files, looking up names and hashing passwords. Each data
 * thread hashes two at once at most (authentication/basic), as does the OAuth server: what they take comes on top, so
 * that a crowd with passwords does not keep anybody from reading a file. libuv reads the variable when it first needs the
 * pool; with it the operator decides.
 */
function widenPool(): void {
  process.env['UV_THREADPOOL_SIZE'] ??= String(Math.min(4 + 2 * (availableParallelism() + 1), 1024));
}

/** The switch makes Node's parser take what lets requests be smuggled; with it no promise of the gateway holds. */
function refuseInsecureParser(): void {
  const options = `${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`;
  if (options.includes('--insecure-http-parser')) {
    throw new StartFault(
      'Node runs with --insecure-http-parser, which lets requests be smuggled; start it without',
    );
  }
}

/**
 * V8 has an engine for regular expressions that takes linear time. With these switches it takes over where the usual
 * one goes back and forth too often. Patterns of definitions have bounds of their own (openapi/pattern).
 */
export function boundRegularExpressions(): void {
  setFlagsFromString('--enable-experimental-regexp-engine');
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
}
