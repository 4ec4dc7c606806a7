import { resolve } from 'node:path';
import { definePolicy } from '../../policy.ts';
import { queryParameters } from '../authentication/query-parameters.ts';
import { recordLine } from './line.ts';
import { compileRedaction } from './redaction.ts';
import { schema } from './schema.ts';

/** The data thread writes the line, the main thread the file. */
export const accessLog = definePolicy({
  name: 'access-log',
  summary:
    'One JSON line for each request and each refusal: who, what, which policy and rule, how long; nothing secret.',
  phase: 'record',
  schema,
  problems: [],
  onFault: 'continue',
  byDefault: () => ({}),
  prepare(config, environment) {
    const destination =
      config.to === undefined || config.to === 'stdout'
        ? 'stdout'
        : `file:${resolve(environment.folder, config.to.file)}`;
    const write = environment.openLog(destination);
    const { api } = environment;
    const redaction = compileRedaction({
      query: config.query ?? 'redacted',
      // Of all APIs: somebody may take one for another.
      further: [...(config.redact ?? []), ...queryParameters(environment.authenticators)],
      basePath: api?.basePath ?? '',
      operations: api?.operations ?? [],
    });
    const userAgent = config.userAgent !== false;
    return {
      record(exchange) {
        write(recordLine(exchange, redaction, userAgent));
        return undefined;
      },
    };
  },
});
