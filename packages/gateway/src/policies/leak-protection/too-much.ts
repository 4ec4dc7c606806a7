/** A text has more in it than it is worth looking at. */
export class TooMuch extends Error {
  override name = 'TooMuch';
}
