import { type Refuse, refuse } from '../../exchange.ts';
import { shortened } from '../../openapi/validation-error.ts';
import type { ProblemName } from '../../problems/catalogue.ts';

/** Where in the text of an operation; both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Why a request does not pass. Says what is wrong by names and numbers, and repeats no value of the request. */
export class GraphqlFault extends Error {
  readonly problem: ProblemName;
  readonly keyword: string;
  /** JSON Pointer to the member of the request that it is about, below that of its operation. */
  readonly pointer: string;
  readonly place: Place | undefined;

  /** @param message goes on from "the operation": "is nested 12 deep; 10 is the most" */
  constructor(problem: ProblemName, keyword: string, message: string, pointer = '/query', place?: Place) {
    super(message);
    this.name = 'GraphqlFault';
    this.problem = problem;
    this.keyword = keyword;
    this.pointer = pointer;
    this.place = place;
  }
}

/** A fault of this problem. @see GraphqlFault for the parameters */
export function refusal(...parameters: ConstructorParameters<typeof GraphqlFault>): GraphqlFault {
  return new GraphqlFault(...parameters);
}

export function invalid(keyword: string, message: string, pointer?: string, place?: Place): GraphqlFault {
  return refusal('graphql-invalid', keyword, message, pointer, place);
}

/** @param found undefined where counting stopped at the limit */
export function beyond(
  keyword: string,
  limit: number,
  found: number | undefined,
  pointer?: string,
): GraphqlFault {
  const count = found === undefined ? `more than ${limit}` : shownCount(found);
  return refusal('graphql-limit', keyword, `has ${count}; ${limit} is the most`, pointer);
}

/** Fragments that double each other reach numbers that nobody wants to read. */
function shownCount(count: number): string {
  return count > 1e9 ? 'more than 1000000000' : String(count);
}

/**
 * @param where in the query a pointer is the name of a parameter behind a slash
 * @param base pointer to the operation within a list; empty for a request with one
 */
export function refusalOf(fault: GraphqlFault, where: 'body' | 'query', base: string): Refuse {
  const { problem, keyword, message, place } = fault;
  const located =
    where === 'query'
      ? { in: where, name: shortened(fault.pointer.slice(1)) }
      : { in: where, pointer: shortened(base + fault.pointer) };
  return refuse(problem, {
    members: { errors: [{ ...located, keyword, message, ...place }] },
    reason: `${keyword}: ${message}`,
  });
}
