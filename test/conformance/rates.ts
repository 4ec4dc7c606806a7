/** A corpus of others that says what is an attack and what is not, and asks how much of it is told apart. */
export interface RateSuite {
  /** As `npm run conformance --` names it. */
  readonly name: string;
  /** In `shared/corpora` beside the clone. */
  readonly corpus: string;
  readonly summary: string;
  /** @param options what stands behind `--` on the command line, such as `rules` */
  rates(folder: string, options: Readonly<Record<string, string>>): readonly Rate[];
}

export interface Rate {
  readonly what: string;
  readonly right: number;
  readonly all: number;
  /** The part that has to be right, of 1; undefined where the figure is only told. */
  readonly least?: number;
}

export function rateLine({ what, right, all }: Rate): string {
  return `${what}: ${right} of ${all}, ${((100 * right) / all).toFixed(1)}%`;
}

export const isReached = ({ right, all, least = 0 }: Rate): boolean => all > 0 && right / all >= least;
