// The entry of `npm start`, in JavaScript that any Node from 20 on understands: it installs what is missing and
// hands over to the Node that the lockfile brings.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { installIfNeeded, projectNode, root } from './setup.mjs';

installIfNeeded();
const child = spawn(projectNode(), [join(root, 'scripts', 'demo.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  // npm runs scripts in the folder of the package; files are named from where the user stands.
  cwd: process.env.INIT_CWD ?? process.cwd(),
  env: { ...process.env, NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'portcullis') },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
