import { parseAddress } from '../../../http/address.ts';

/** What a file in the format of MaxMind (MaxMind DB 2.0) is made of. */
export interface MmdbContent {
  /** Record by network; a longer prefix must come after the shorter one that it lies in. */
  readonly networks: Readonly<Record<string, MmdbRecord>>;
  /** Milliseconds since the epoch. */
  readonly builtAt: number;
}

export type MmdbRecord = { readonly [name: string]: string | MmdbRecord };

/** Writes a small database, as the large ones are no test data and grow old. */
export function writeMmdb({ networks, builtAt }: MmdbContent): Buffer {
  const data: Buffer[] = [];
  let size = 0;
  const tree: [number | undefined, number | undefined][] = [[undefined, undefined]];
  /** Leaves are negative: -1 - the offset of their data. */
  for (const [network, record] of Object.entries(networks)) {
    const encoded = encode(record);
    insert(tree, bitsOf(network), -1 - size);
    data.push(encoded);
    size += encoded.length;
  }
  const count = tree.length;
  const nodes = Buffer.alloc(count * 8);
  for (const [index, pair] of tree.entries()) {
    for (const side of [0, 1] as const) {
      const value = pair[side];
      const written = value === undefined ? count : value < 0 ? count + 16 + (-1 - value) : value;
      nodes.writeUInt32BE(written, index * 8 + side * 4);
    }
  }
  const metadata = map([
    ['binary_format_major_version', number(5, 2)],
    ['binary_format_minor_version', number(5, 0)],
    ['build_epoch', number(9, Math.floor(builtAt / 1000))],
    ['database_type', text('test-country')],
    ['description', map([['en', text('made by a test')]])],
    ['ip_version', number(5, 6)],
    ['languages', control(11, 0)],
    ['node_count', number(6, count)],
    ['record_size', number(5, 32)],
  ]);
  const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
  return Buffer.concat([nodes, Buffer.alloc(16), ...data, marker, metadata]);
}

function insert(
  tree: [number | undefined, number | undefined][],
  bits: readonly (0 | 1)[],
  leaf: number,
): void {
  let node = 0;
  for (const [index, bit] of bits.entries()) {
    const pair = tree[node]!;
    if (index === bits.length - 1) {
      pair[bit] = leaf;
      return;
    }
    const below = pair[bit];
    if (below !== undefined && below > 0) node = below;
    else {
      // What the network around it says goes for both halves, until something else is said of them.
      tree.push([below, below]);
      node = tree.length - 1;
      pair[bit] = node;
    }
  }
}

/** IPv4 lies in ::/96. */
function bitsOf(network: string): (0 | 1)[] {
  const [address = '', prefix] = network.split('/');
  const { family, words } = parseAddress(address)!;
  const whole = family === 4 ? [0, 0, 0, words[0]!] : [...words];
  const length = prefix === undefined ? 128 : Number(prefix) + (family === 4 ? 96 : 0);
  return Array.from({ length }, (_, i) => ((whole[i >> 5]! >>> (31 - (i & 31))) & 1) as 0 | 1);
}

function encode(value: string | MmdbRecord): Buffer {
  return typeof value === 'string'
    ? text(value)
    : map(Object.entries(value).map(([name, each]) => [name, encode(each)]));
}

function control(type: number, size: number): Buffer {
  if (size > 28) throw new Error('longer than a test needs');
  return type > 7 ? Buffer.from([size, type - 7]) : Buffer.from([(type << 5) | size]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([control(2, bytes.length), bytes]);
}

function number(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  const short = bytes.subarray(
    bytes.findIndex((byte) => byte !== 0) < 0 ? 8 : bytes.findIndex((byte) => byte !== 0),
  );
  return Buffer.concat([control(type, short.length), short]);
}

function map(entries: readonly (readonly [string, Buffer])[]): Buffer {
  return Buffer.concat([
    control(7, entries.length),
    ...entries.flatMap(([name, value]) => [text(name), value]),
  ]);
}
