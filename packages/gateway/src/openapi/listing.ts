/**
 * Errors of one value that are made at most, before those of what does not count are left out; more than anybody is told. What
 * is wrong in every item of a large body would make a million objects.
 */
const mostMade = 250;

/** Loops over items and members, as ajv writes them. */
const loop = /\bfor\((?:let (i\d*)=([^;]*);([^;]*);([^)]*)|const (key\d*) of Object\.keys\((data\d*)\))\)\{/g;

/** Of code that ajv has written to find all errors: no loop goes on once there are enough. */
export function endingEarly(code: string): string {
  return code.replace(loop, (head, ...[index, from, condition, step]: string[]) =>
    index === undefined
      ? `${head}if(${isEnough})break;`
      : `for(let ${index}=${from};(${condition})&&!(${isEnough});${step}){`,
  );
}

const isEnough = `vErrors!==null&&vErrors.length>=${mostMade}`;
