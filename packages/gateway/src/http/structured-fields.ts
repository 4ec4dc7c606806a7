/** An integer or a string, the bare items that our fields are made of (RFC 9651 3.3.1, 3.3.3). */
export type BareItem = number | string;

/** An item with parameters, in the order of the object's keys (RFC 9651 3.3). */
export interface Item {
  readonly value: BareItem;
  readonly parameters?: Readonly<Record<string, BareItem>>;
}

const maxInteger = 999_999_999_999_999;

/** Serialises an sf-string (RFC 9651 4.1.6). Throws a TypeError on anything but printable ASCII. */
export function serializeString(value: string): string {
  if (!/^[\x20-\x7e]*$/.test(value)) throw new TypeError(`not an sf-string: ${JSON.stringify(value)}`);
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** Serialises an sf-integer (RFC 9651 4.1.4). Throws a RangeError on fractions and on more than 15 digits. */
export function serializeInteger(value: number): string {
  if (!Number.isInteger(value) || Math.abs(value) > maxInteger) {
    throw new RangeError(`not an sf-integer: ${value}`);
  }
  return String(value);
}

/** Serialises an item with its parameters (RFC 9651 4.1.3), such as `"burst";q=100;w=60`. */
export function serializeItem({ value, parameters }: Item): string {
  let text = serializeBareItem(value);
  for (const key in parameters) {
    if (!/^[a-z*][a-z0-9_.*-]*$/.test(key)) throw new TypeError(`not an sf-key: ${JSON.stringify(key)}`);
    text += `;${key}=${serializeBareItem(parameters[key]!)}`;
  }
  return text;
}

/** Serialises a list of items (RFC 9651 4.1.1). An empty list is a field that is not sent: a RangeError. */
export function serializeList(items: readonly Item[]): string {
  if (items.length === 0) throw new RangeError('an empty sf-list has no serialisation');
  return items.map(serializeItem).join(', ');
}

function serializeBareItem(value: BareItem): string {
  return typeof value === 'number' ? serializeInteger(value) : serializeString(value);
}
