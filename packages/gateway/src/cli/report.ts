import { ConfigurationError } from '../config/load.ts';
import { complain, UsageFault } from './command.ts';
import { StartFault } from './start-fault.ts';

/** Faults that the operator can mend are one clear text; only a fault of the program shows where it happened. */
export function report(error: unknown): number {
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
