import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { policies } from '../policies/index.ts';
import { catalogue, type ProblemName } from './catalogue.ts';

const source = join(import.meta.dirname, '..');
const names = Object.keys(catalogue) as ProblemName[];

/** Sources without tests below a folder, by path. */
function sourcesOf(folder: string): Map<string, string> {
  const files = globSync('**/*.ts', { cwd: join(source, folder) })
    .map((file) => join(folder, file))
    .filter((file) => !/\.test\.ts$|[/\\]testing[/\\]/.test(file));
  return new Map(files.map((file) => [file, readFileSync(join(source, file), 'utf8')]));
}

/** The problems that a source names, whether it refuses with them or passes them on. */
function problemsIn(texts: Iterable<string>): Set<ProblemName> {
  const all = [...texts].join('\n');
  return new Set(names.filter((name) => all.includes(`'${name}'`)));
}

/** What a source refuses with for certain. */
function refusalsIn(text: string): string[] {
  return [...text.matchAll(/\b(?:refuse|refusal)\(\s*'([a-z-]+)'/g)].map(([, name]) => name!);
}

const folders = readdirSync(join(source, 'policies'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

test('each policy has a folder of its name, and each folder is a policy', () => {
  assert.deepEqual(folders.toSorted(), policies.map(({ name }) => name).toSorted());
});

for (const folder of folders) {
  test(`${folder} has the shape of every policy`, () => {
    for (const file of ['policy.ts', 'schema.ts', 'README.md']) {
      assert.ok(existsSync(join(source, 'policies', folder, file)), `${folder}/${file} is missing`);
    }
  });

  test(`${folder} lists exactly the problems that it refuses with`, () => {
    const { problems } = policies.find(({ name }) => name === folder)!;
    const texts = [...sourcesOf(join('policies', folder)).values()];
    const unlisted = texts.flatMap(refusalsIn).filter((name) => !problems.includes(name as ProblemName));
    assert.deepEqual(unlisted, [], 'missing in `problems`');
    // The reader of bodies refuses in the name of request-limits, whose bounds it keeps.
    const byOthers = folder === 'request-limits' ? ['body-too-large', 'body-timeout'] : [];
    const refused = new Set([...texts.flatMap(refusalsIn), ...byOthers]);
    assert.deepEqual(
      problems.filter((name) => !refused.has(name)),
      [],
      'listed in `problems`, but never given',
    );
  });
}

test('every problem is one that somebody can meet', () => {
  const gateway = [...sourcesOf('.')].filter(([file]) => !/^(policies|problems|cli)[/\\]/.test(file));
  const met = problemsIn(gateway.map(([, text]) => text));
  for (const { problems } of policies) for (const name of problems) met.add(name);
  // Policies of the user have it for themselves.
  met.add('custom');
  assert.deepEqual(
    names.filter((name) => !met.has(name)),
    [],
  );
});

for (const name of names) {
  test(`${name} says what caller and operator can do`, () => {
    const { status, title, detail, remedy, operator } = catalogue[name];
    assert.ok(status >= 400 && status <= 599);
    for (const text of [detail, remedy, operator]) assert.match(text, /^[A-Za-z].*\.$/);
    assert.match(title, /^[A-Z].*[^.]$/);
  });
}
