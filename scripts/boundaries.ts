import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** One import as it is written in a file. */
export interface Import {
  /** What stands between the quotes. */
  readonly specifier: string;
  /** From 1. */
  readonly line: number;
}

export interface BoundaryFault {
  /** From the root of the repository, with slashes. */
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

interface Boundary {
  /** Folder that the rule is about, from the root of the repository. */
  readonly of: string;
  /** What the rule keeps true, for whoever breaks it. */
  readonly because: string;
  /** Whether a file of the folder may import this. */
  readonly allows: (target: Target) => boolean;
}

/** What an import leads to. */
export type Target =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'package'; readonly name: string };

const gateway = 'packages/gateway/src';

/** Modules of Node that compute and touch nothing outside. */
const pureModules = new Set(['node:buffer', 'node:crypto', 'node:util', 'node:zlib']);
/** `net` for `isIP` and its like; that nothing connects is for the reader of the change to see. */
const addressModule = 'node:net';
const serverModules = new Set([
  'node:http',
  'node:https',
  'node:http2',
  'node:tls',
  'node:net',
  'node:dgram',
  'node:cluster',
  'node:worker_threads',
]);

/** What a policy must not reach for: it decides, and only the pipeline acts. */
const shell = ['listener', 'upstream', 'threads', 'admin', 'cli', 'sinks'].map(
  (name) => `${gateway}/${name}/`,
);
const spine = ['pipeline', 'phase', 'gateway', 'live-exchange', 'conclude', 'compile', 'main'].map(
  (name) => `${gateway}/${name}.ts`,
);

export const boundaries: readonly Boundary[] = [
  {
    of: 'packages/seclang/',
    because: 'the rule engine is a library of its own: no gateway, no server, no I/O',
    allows: (target) =>
      isIn(target, 'packages/seclang/') ||
      (target.kind === 'node' && pureModules.has(target.name)) ||
      (target.kind === 'package' && target.name !== 'portcullis'),
  },
  {
    of: `${gateway}/policies/`,
    because: 'a policy returns a verdict and holds no socket, server or thread',
    allows: (target) => {
      if (target.kind === 'node') return !serverModules.has(target.name);
      if (target.kind !== 'file') return true;
      return !shell.some((folder) => isIn(target, folder)) && !spine.includes(target.path);
    },
  },
  {
    of: `${gateway}/oauth-server/`,
    because: 'the OAuth server is an API behind the gateway, and reaches into no part that carries requests',
    allows: (target) =>
      target.kind !== 'file' ||
      (!shell.some((folder) => isIn(target, folder)) && !spine.includes(target.path)),
  },
  {
    of: `${gateway}/http/`,
    because: 'the parsers are pure: what they say depends on their arguments alone',
    allows: (target) =>
      isIn(target, `${gateway}/http/`) ||
      isIn(target, `${gateway}/problems/`) ||
      isFile(target, `${gateway}/config/units.ts`) ||
      (target.kind === 'node' && (pureModules.has(target.name) || target.name === addressModule)),
  },
  {
    of: `${gateway}/`,
    because: 'the published package stands on its own',
    allows: (target) => target.kind !== 'file' || isIn(target, `${gateway}/`),
  },
  {
    of: 'packages/console/',
    because: 'the console talks to the admin API only',
    allows: (target) =>
      target.kind === 'package' ? target.name !== 'portcullis' : isIn(target, 'packages/console/'),
  },
];

/** Every import across a boundary, in the sources below the root. Tests and their helpers may import anything. */
export function boundaryFaults(root: string): BoundaryFault[] {
  const files = globSync('packages/*/src/**/*.{ts,tsx}', { cwd: root }).map((file) =>
    file.replaceAll('\\', '/'),
  );
  return files
    .filter((file) => !isTest(file))
    .sort()
    .flatMap((file) => faultsOf(file, readFileSync(join(root, file), 'utf8')));
}

/**
 * @param file from the root of the repository, with slashes
 * @param text its content
 */
export function faultsOf(file: string, text: string): BoundaryFault[] {
  const faults: BoundaryFault[] = [];
  for (const { specifier, line } of importsIn(text)) {
    const target = targetOf(file, specifier);
    if (target.kind === 'file' && isTest(target.path)) {
      faults.push({ file, line, message: `imports ${specifier}: what tests need is for tests` });
    }
    for (const { of, because, allows } of boundaries) {
      if (!file.startsWith(of) || allows(target)) continue;
      faults.push({ file, line, message: `imports ${specifier}: ${because}` });
    }
  }
  return faults;
}

const patterns = [
  // import and export … from '…', over several lines too
  /^(?:import|export)\b[^'"`;=()]{1,5000}?\bfrom\s*['"]([^'"\n]+)['"]/gm,
  /^import\s*['"]([^'"\n]+)['"]/gm,
  /\bimport\s*\(\s*['"]([^'"\n]+)['"]/g,
  /\bnew URL\(\s*['"](\.[^'"\n]+)['"]\s*,\s*import\.meta\.url/g,
];

/** The imports of a file, of types and dynamic ones too; where they are computed, nobody sees them. */
export function importsIn(text: string): Import[] {
  const found: Import[] = [];
  for (const pattern of patterns) {
    for (const match of text.matchAll(pattern)) {
      const at = match.index + match[0].lastIndexOf(match[1]!);
      found.push({ specifier: match[1]!, line: text.slice(0, at).split('\n').length });
    }
  }
  return found.sort((a, b) => a.line - b.line);
}

function targetOf(file: string, specifier: string): Target {
  if (specifier.startsWith('.')) {
    return { kind: 'file', path: posix.normalize(posix.join(posix.dirname(file), specifier)) };
  }
  if (specifier.startsWith('node:')) return { kind: 'node', name: specifier };
  const [scope = '', name = ''] = specifier.split('/');
  return { kind: 'package', name: scope.startsWith('@') ? `${scope}/${name}` : scope };
}

function isTest(file: string): boolean {
  return /\.test\.tsx?$/.test(file) || /(^|\/)testing\//.test(file);
}

function isIn(target: Target, folder: string): boolean {
  return target.kind === 'file' && target.path.startsWith(folder);
}

function isFile(target: Target, path: string): boolean {
  return target.kind === 'file' && target.path === path;
}
