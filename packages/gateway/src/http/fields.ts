/**
 * The fields of a message in their order, names in lower case. Held as one flat list (name, value, name,
 * value), which is the form that both Node's and undici's writers take without another copy.
 */
export class Fields {
  readonly flat: string[];

  /** @param flat name and value by turns, names in lower case; owned by the new object */
  constructor(flat: string[] = []) {
    this.flat = flat;
  }

  /** The first value under the name, which must be given in lower case. */
  get(name: string): string | undefined {
    const flat = this.flat;
    for (let i = 0; i < flat.length; i += 2) if (flat[i] === name) return flat[i + 1];
    return undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  getAll(name: string): string[] {
    const values: string[] = [];
    for (let i = 0; i < this.flat.length; i += 2) if (this.flat[i] === name) values.push(this.flat[i + 1]!);
    return values;
  }

  append(name: string, value: string): void {
    this.flat.push(name, value);
  }

  /** Puts one value in the place of all that the name has. */
  set(name: string, value: string): void {
    const flat = this.flat;
    for (let i = 0; i < flat.length; i += 2) {
      if (flat[i] !== name) continue;
      flat[i + 1] = value;
      this.#removeFrom(i + 2, name);
      return;
    }
    flat.push(name, value);
  }

  remove(name: string): void {
    this.#removeFrom(0, name);
  }

  #removeFrom(start: number, name: string): void {
    const flat = this.flat;
    let kept = start;
    for (let i = start; i < flat.length; i += 2) {
      if (flat[i] === name) continue;
      if (kept !== i) {
        flat[kept] = flat[i]!;
        flat[kept + 1] = flat[i + 1]!;
      }
      kept += 2;
    }
    flat.length = Math.min(flat.length, kept);
  }
}

/**
 * The names in the Connection fields, which are hop-by-hop for this message (RFC 9110 section 7.6.1).
 * @returns undefined for the usual cases, `close` and `keep-alive`, which name nothing
 */
export function connectionNames({ flat }: Fields): ReadonlySet<string> | undefined {
  let names: Set<string> | undefined;
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i] !== 'connection') continue;
    const value = flat[i + 1]!;
    if (value === 'keep-alive' || value === 'close' || value === 'Keep-Alive') continue;
    names ??= new Set();
    for (const name of value.split(',')) names.add(name.trim().toLowerCase());
  }
  return names;
}
