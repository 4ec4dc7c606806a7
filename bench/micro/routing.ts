import { PathTree } from '../../packages/gateway/src/routing/path-tree.ts';

/** Nanoseconds a look-up, best of several rounds, over the same number of distinct paths. */
function measure(name: string, tree: PathTree<string>, paths: readonly string[]): number {
  let best = Number.POSITIVE_INFINITY;
  let found = 0;
  for (let round = 0; round < 12; round++) {
    const start = performance.now();
    for (let repeat = 0; repeat < 200_000 / paths.length; repeat++) {
      for (const path of paths) if (tree.find(path) !== undefined) found++;
    }
    best = Math.min(best, ((performance.now() - start) * 1e6) / 200_000);
  }
  process.stdout.write(`${name.padEnd(40)} ${best.toFixed(0).padStart(6)} ns  (${found} found)\n`);
  return best;
}

/** Four templates a resource, as an API has them. */
function treeOf(routes: number): PathTree<string> {
  const tree = new PathTree<string>();
  for (let index = 0; index < routes / 4; index++) {
    for (const template of ['', '/{id}', '/{id}/items', '/{id}/items/{item}']) {
      tree.add(`/resource${index}${template}`, 'GET', template);
    }
  }
  return tree;
}

/** Requests for at most 64 resources: a flat string each, as it comes from a parser. */
function pathsOf(routes: number): string[] {
  const resources = Math.max(1, Math.floor(routes / 4));
  return Array.from({ length: 64 }, (_, index) => {
    const resource = Math.floor((index * resources) / 64);
    return Buffer.from(`/resource${resource}/${1000 + index}/items/${index}`).toString('latin1');
  });
}

// One of 40 first: it lets the compiler see what it will see.
measure('(warm-up)', treeOf(40), pathsOf(40));
const few = measure('10 routes, two parameters', treeOf(12), pathsOf(12));
const many = measure('10,000 routes, two parameters', treeOf(10_000), pathsOf(10_000));
measure('10,000 routes, no parameter', treeOf(10_000), ['/resource7', '/resource2000']);
measure('10,000 routes, not found', treeOf(10_000), ['/resource7/1/none', '/nothing']);
process.stdout.write(`ratio ${(many / few).toFixed(2)}\n`);
