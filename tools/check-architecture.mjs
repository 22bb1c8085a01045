// With a compiler it does not understand, dependency-cruiser cruises nothing and exits 0.
// So: every source file on disk must have been cruised, and the core must be among them.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const inRepository = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

process.chdir(process.argv[2] ?? inRepository(''));
const roots = ['src', 'test', 'bench', 'chaos', 'attack', 'examples'].filter((root) => existsSync(root));

const { stdout, stderr } = spawnSync(
  process.execPath,
  [
    inRepository('node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'),
    ...['--config', inRepository('.dependency-cruiser.mjs'), '--output-type', 'json', ...roots],
  ],
  { encoding: 'utf8', maxBuffer: 2 ** 28 },
);
if (!stdout.startsWith('{')) {
  console.error(`The architecture was not checked.\n${stdout}${stderr}`);
  process.exit(1);
}

const { modules, summary } = JSON.parse(stdout);
const cruised = new Set(modules.map((module) => module.source));
const onDisk = readdirSync('src', { recursive: true })
  .map((path) => `src/${path.replaceAll('\\', '/')}`)
  .filter((path) => /\.tsx?$/.test(path));
const missed = onDisk.filter((path) => !cruised.has(path));
const problems = summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
if (!onDisk.some((path) => path.startsWith('src/domain/'))) problems.push('nothing in src/domain/ was found');
if (missed.length > 0) problems.push(`not checked: ${missed.join(', ')}`);

for (const problem of problems) console.error(problem);
console.log(
  `${onDisk.length - missed.length} of ${onDisk.length} source files checked, ${problems.length} problems`,
);
process.exit(problems.length === 0 ? 0 : 1);
