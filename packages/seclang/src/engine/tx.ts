import { lowercase } from '../transformations/letters.ts';
import type { Item } from './item.ts';
import { LimitFault, maximumMembers, maximumVariableLength } from './limits.ts';

/**
 * The names in TX that rules spell out, each with a slot of its own: most rules compare or set such a member, and an index
 * is found faster than a name.
 */
export class TxNames {
  readonly #slots = new Map<string, number>();
  /** As first written, by slot. */
  readonly names: string[] = [];

  constructor() {
    for (let group = 0; group <= 9; group++) this.slot(String(group));
  }

  /** Names are compared regardless of the case of ASCII letters. Only while rules are compiled. */
  slot(name: string): number {
    const key = lowercase(name);
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    this.#slots.set(key, this.names.length);
    return this.names.push(name) - 1;
  }

  find(lowerCaseName: string): number | undefined {
    return this.#slots.get(lowerCaseName);
  }
}

/** TX of one transaction: members in slots, and those whose names rules made up. */
export class Tx {
  readonly #names: TxNames;
  #slots: (string | undefined)[];
  readonly #others = new Map<string, { readonly name: string; value: string }>();

  constructor(names: TxNames) {
    this.#names = names;
    this.#slots = new Array<string | undefined>(names.names.length).fill(undefined);
  }

  /** Those that rules spell out. */
  get slots(): readonly (string | undefined)[] {
    return this.#slots;
  }

  restore(slots: readonly (string | undefined)[]): void {
    this.#slots = slots.slice();
  }

  slot(slot: number): string | undefined {
    return this.#slots[slot];
  }

  setSlot(slot: number, value: string | undefined): void {
    this.#slots[slot] = bounded(value);
  }

  get(name: string): string | undefined {
    const key = lowercase(name);
    const slot = this.#names.find(key);
    return slot === undefined ? this.#others.get(key)?.value : this.#slots[slot];
  }

  set(name: string, value: string | undefined): void {
    const key = lowercase(name);
    const slot = this.#names.find(key);
    if (slot !== undefined) return this.setSlot(slot, value);
    if (value === undefined) return void this.#others.delete(key);
    const other = this.#others.get(key);
    if (other !== undefined) {
      other.value = bounded(value)!;
      return;
    }
    if (this.#others.size >= maximumMembers) throw new LimitFault('too many members of TX');
    this.#others.set(key, { name, value: bounded(value)! });
  }

  /** TX.0 to TX.9 of a match; groups that it does not have are removed. */
  capture(groups: readonly string[]): void {
    for (let group = 0; group <= 9; group++) this.#slots[group] = groups[group];
  }

  /** The members in these slots, and of the others those that are selected. */
  items(slots: readonly number[], selects: (key: string) => boolean): Item[] {
    const items: Item[] = [];
    for (const slot of slots) {
      const value = this.#slots[slot];
      if (value !== undefined) items.push({ variable: 'TX', key: this.#names.names[slot], value });
    }
    for (const { name, value } of this.#others.values())
      if (selects(name)) items.push({ variable: 'TX', key: name, value });
    return items;
  }

  all(): Item[] {
    return this.items([...this.#slots.keys()], () => true);
  }
}

function bounded(value: string | undefined): string | undefined {
  if (value !== undefined && value.length > maximumVariableLength)
    throw new LimitFault('a variable that rules set grows too long');
  return value;
}
