import type { NamedValue } from '../../body/content.ts';
import type { Item } from '../item.ts';

export function values(variable: string, list: readonly NamedValue[]): Item[] {
  return list.map(({ name, value }) => ({ variable, key: name, value }));
}

export function names(variable: string, list: readonly NamedValue[]): Item[] {
  return list.map(({ name }) => ({ variable, key: name, value: name }));
}

export function fields(variable: string, list: readonly string[]): Item[] {
  const items: Item[] = [];
  for (let at = 0; at + 1 < list.length; at += 2)
    items.push({ variable, key: list[at]!, value: list[at + 1]! });
  return items;
}

export function fieldNames(variable: string, list: readonly string[]): Item[] {
  const items: Item[] = [];
  for (let at = 0; at + 1 < list.length; at += 2) items.push({ variable, key: list[at]!, value: list[at]! });
  return items;
}
