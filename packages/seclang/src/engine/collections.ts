import { lowercase } from '../transformations/letters.ts';
import type { Item } from './item.ts';
import { maximumStoredMembers } from './limits.ts';

interface Member {
  readonly name: string;
  value: string;
  /** In milliseconds of the clock; `Infinity` without `expirevar`. */
  expires: number;
}

/** What IP, SESSION, USER, GLOBAL and RESOURCE hold for one key beyond a transaction. */
export class StoredCollection {
  readonly key: string;
  readonly created: number;
  updated: number;
  updates = 0;
  readonly #members = new Map<string, Member>();

  constructor(key: string, now: number) {
    this.key = key;
    this.created = now;
    this.updated = now;
  }

  get(name: string, now: number): string | undefined {
    return this.member(name, now)?.value;
  }

  member(name: string, now: number): Member | undefined {
    const key = lowercase(name);
    const member = this.#members.get(key);
    if (member === undefined || member.expires > now) return member;
    this.#members.delete(key);
    return undefined;
  }

  set(name: string, value: string | undefined): void {
    const key = lowercase(name);
    if (value === undefined) return void this.#members.delete(key);
    const member = this.#members.get(key);
    if (member !== undefined) member.value = value;
    else {
      if (this.#members.size >= maximumStoredMembers)
        this.#members.delete(this.#members.keys().next().value!);
      this.#members.set(key, { name, value, expires: Number.POSITIVE_INFINITY });
    }
  }

  /** @param expires in milliseconds of the clock */
  expire(name: string, expires: number): void {
    const member = this.#members.get(lowercase(name));
    if (member !== undefined) member.expires = expires;
  }

  items(variable: string, now: number): Item[] {
    const items: Item[] = [];
    for (const { name, value, expires } of this.#members.values())
      if (expires > now) items.push({ variable, key: name, value });
    return items;
  }
}

/**
 * Collections in memory, up to a number of them: the one that was not written to for the longest time goes for another. One
 * that nothing was written to is not kept, so that a client with many names for itself costs nothing as long as no rule
 * counts it.
 */
export class CollectionStore {
  readonly #limit: number;
  readonly #collections = new Map<string, StoredCollection>();

  constructor(limit = 10_000) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#collections.size;
  }

  /** @param lifetime how long, in milliseconds, a collection stays that is not written to */
  find(name: string, key: string, now: number, lifetime: number): StoredCollection | undefined {
    const id = `${name} ${key}`;
    const found = this.#collections.get(id);
    if (found === undefined || found.updated + lifetime > now) return found;
    this.#collections.delete(id);
    return undefined;
  }

  keep(name: string, collection: StoredCollection, now: number): void {
    const id = `${name} ${collection.key}`;
    this.#collections.delete(id);
    if (this.#collections.size >= this.#limit)
      this.#collections.delete(this.#collections.keys().next().value!);
    collection.updated = now;
    collection.updates++;
    this.#collections.set(id, collection);
  }
}
