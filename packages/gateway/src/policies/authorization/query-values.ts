import { foldName } from '../../http/json-path.ts';
import { mostParameters, parseQuery } from '../../http/query.ts';

export interface QueryValues {
  /** Under every spelling of the name that some server takes for it. */
  readonly values: readonly string[];
  /** One of them is under the very name. */
  readonly named: boolean;
}

/** Looks for one parameter. */
export interface QueryReader {
  /** @returns undefined when the query is malformed, so that nobody can say what is in it */
  read(query: string): QueryValues | undefined;
}

/**
 * Reads a parameter as the most lenient server behind the gateway might: names in any case (ASP.NET), with brackets for
 * lists (PHP, Rails, qs), with `.` and blanks for `_` (PHP), and `;` between parameters (older CGI). Whoever sends
 * `customerId=mine&CustomerID[]=yours;customerid=theirs` is told apart by all three.
 */
export function queryReader(name: string): QueryReader {
  const wanted = canonical(name);
  return {
    read(query) {
      if (query === '') return nothing;
      const values: string[] = [];
      let named = false;
      for (const reading of query.includes(';') ? [query, query.replaceAll(';', '&')] : [query]) {
        const pairs = parseQuery(reading, mostParameters);
        if ('kind' in pairs) return undefined;
        for (const [each, value] of pairs) {
          if (each === name) named = true;
          else if (canonical(each) !== wanted) continue;
          values.push(value);
        }
      }
      return { values, named };
    },
  };
}

const nothing: QueryValues = { values: [], named: false };

function canonical(name: string): string {
  const bracket = name.indexOf('[');
  const base = bracket < 0 ? name : name.slice(0, bracket);
  return foldName(base.trim().replace(/[ .]/g, '_'));
}
