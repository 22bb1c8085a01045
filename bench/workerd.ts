import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as v from 'valibot';
import { freePort } from '../src/testing/free-port.ts';
import { hermeticEnvironment } from '../src/testing/stack/hermetic-environment.ts';
import { requestBytes } from './connection.ts';
import { cpuOf } from './cpu.ts';
import { atMost, type Effort, type Figure, ratioOf } from './figure.ts';
import { measure } from './load.ts';
import { type Parts, startParts } from './parts.ts';
import { middle } from './quantiles.ts';
import { joining } from './signed-events.ts';

const LIMIT_KIB = 250;
/** Workers give each request its own connection to the database: a few at once are enough. */
const CONNECTIONS = 4;

const fromWrangler = createRequire(createRequire(import.meta.url).resolve('wrangler/package.json'));
const wrangler = join(dirname(fromWrangler.resolve('wrangler/package.json')), 'bin', 'wrangler.js');
/** The runtime itself: the package's own command may be a script that starts it. */
const runtime = v.object({ default: v.string() });
const { default: workerd } = v.parse(runtime, fromWrangler('workerd'));

/** What is deployed, beside an empty worker of Hono's: its size, what a webhook costs it, how soon it answers. */
export async function inWorkerd({ quick, seconds }: Effort): Promise<Figure[]> {
  const parts = await startParts();
  try {
    const folder = await mkdtemp(join(tmpdir(), 'rolecall-bench-'));
    parts.later(() => rm(folder, { recursive: true, force: true }));
    const ours = await bundled('../src/runtime/worker.ts', join(folder, 'ours'));
    const empty = await bundled('./empty-worker.ts', join(folder, 'empty'));
    const starts = quick ? 1 : 10;
    const [oursStarts, emptyStarts] = [
      await startedAgain(ours, parts, starts),
      await startedAgain(empty, parts, starts),
    ];
    const [oursCpu, emptyCpu] = [
      await cpuForEach(ours, parts, seconds),
      await cpuForEach(empty, parts, seconds),
    ];
    return [
      sizeOf(ours, empty),
      {
        what: 'CPU for each webhook in workerd, alone in its process',
        ours: `${oursCpu.toFixed(2)} ms`,
        yardstick: `${emptyCpu.toFixed(2)} ms of an empty worker`,
        ratio: ratioOf(oursCpu, emptyCpu),
        better: 'lower',
        aim: null,
      },
      {
        what: 'start of workerd → first answer',
        ours: `${middle(oursStarts.ms).toFixed(0)} ms (CPU ${middle(oursStarts.cpu).toFixed(0)} ms)`,
        yardstick: `${middle(emptyStarts.ms).toFixed(0)} ms (CPU ${middle(emptyStarts.cpu).toFixed(0)} ms) of an empty worker`,
        ratio: ratioOf(middle(oursStarts.ms), middle(emptyStarts.ms)),
        better: 'lower',
        aim: null,
      },
    ];
  } finally {
    await parts.stop();
  }
}

interface Bundle {
  readonly folder: string;
  readonly minified: number;
  readonly gzipped: number;
}

/** As `wrangler deploy` would send it. */
async function bundled(script: string, folder: string): Promise<Bundle> {
  const source = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(
    process.execPath,
    [wrangler, 'deploy', source, '--dry-run', '--minify', '--outdir', folder],
    { env: { ...process.env, ...hermeticEnvironment(folder) }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`${script} cannot be bundled: ${said}`);
  const name = script.replace(/.*\/(.*)\.ts/, '$1.js');
  const code = await readFile(join(folder, name));
  await writeFile(join(folder, 'worker.js'), code);
  return { folder, minified: code.byteLength, gzipped: gzipSync(code, { level: 9 }).byteLength };
}

function sizeOf(ours: Bundle, empty: Bundle): Figure {
  const kib = (bytes: number) => `${(bytes / 1024).toFixed(0)} KiB`;
  return {
    what: 'size of the worker, gzipped',
    ours: `${kib(ours.gzipped)} (minified ${kib(ours.minified)})`,
    yardstick: `${kib(empty.gzipped)} (minified ${kib(empty.minified)}) of an empty worker`,
    ratio: ratioOf(ours.gzipped, empty.gzipped),
    better: 'lower',
    aim: atMost(LIMIT_KIB, ours.gzipped / 1024, ' KiB'),
  };
}

/** Milliseconds until the first answer, and of CPU until then. */
async function startedAgain(bundle: Bundle, parts: Parts, times: number) {
  const [ms, cpu]: [number[], number[]] = [[], []];
  for (let time = 0; time < times; time += 1) {
    const from = performance.now();
    const { child, url } = await start(bundle, parts);
    await untilAnswered(`${url}/healthz`);
    ms.push(performance.now() - from);
    cpu.push(await cpuOf(child.pid ?? Number.NaN));
    await stop(child);
  }
  return { ms, cpu };
}

async function cpuForEach(bundle: Bundle, parts: Parts, seconds: number): Promise<number> {
  const { child, url } = await start(bundle, parts);
  try {
    await untilAnswered(`${url}/healthz`);
    const webhooks = `${url}/webhooks/clerk`;
    const next = () => {
      const { headers, body } = joining(parts.clerk.signingSecret);
      return requestBytes(webhooks, headers, body);
    };
    const load = { url: webhooks, connections: CONNECTIONS, next };
    await measure({ ...load, seconds: Math.min(1, seconds) });
    const before = await cpuOf(child.pid ?? Number.NaN);
    const { requests } = await measure({ ...load, seconds });
    return ((await cpuOf(child.pid ?? Number.NaN)) - before) / requests;
  } finally {
    await stop(child);
  }
}

/** The runtime by itself: no development server, no proxy. */
async function start(
  bundle: Bundle,
  { environment, later }: Parts,
): Promise<{ child: ChildProcess; url: string }> {
  const port = await freePort();
  const toml = await readFile(new URL('../wrangler.toml', import.meta.url), 'utf8');
  const date = /^compatibility_date = "(.*)"$/m.exec(toml)?.[1];
  const bindings = Object.entries(environment).map(
    ([name, value]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(value)})`,
  );
  const config = join(bundle.folder, 'config.capnp');
  await writeFile(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "${date}",
      bindings = [${bindings.join(', ')}])),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`,
  );
  const child = spawn(workerd, ['serve', config], { stdio: ['ignore', 'ignore', 'inherit'] });
  later(() => stop(child));
  return { child, url: `http://127.0.0.1:${port}` };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function untilAnswered(url: string): Promise<void> {
  const patience = AbortSignal.timeout(30_000);
  for (;;) {
    const answer = await fetch(url).catch(() => null);
    await answer?.arrayBuffer();
    if (answer?.status === 200) return;
    await pause(2, undefined, { signal: patience });
  }
}
