import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { batches } from './batches.ts';
import { evaluations } from './evaluations.ts';
import { feed } from './feed.ts';
import type { Effort, Figure } from './figure.ts';
import { growth } from './growth.ts';
import { ingest } from './ingest.ts';
import { describeMachine } from './machine.ts';
import { stopParts } from './parts.ts';
import { compiling } from './policy.ts';
import { reconciling } from './reconciling.ts';
import { removal } from './removal.ts';
import { asMarkdown, asText, type Ran } from './report.ts';
import { snapshotQuestions } from './snapshot.ts';
import { sqlReading } from './sql.ts';
import { inWorkerd } from './workerd.ts';

const BENCHES: Readonly<Record<string, (effort: Effort) => Figure[] | Promise<Figure[]>>> = {
  ingest,
  batches,
  removal,
  growth,
  reconciling,
  worker: inWorkerd,
  evaluations,
  sql: sqlReading,
  feed,
  snapshot: snapshotQuestions,
  policy: compiling,
};

const USAGE = `npm run bench [-- [--quick] [--seconds N] [--json] [--write] [${Object.keys(BENCHES).join('|')} …]]`;

function readWords() {
  const { values, positionals } = parseArgs({
    options: {
      /** Only to see that everything runs. */
      quick: { type: 'boolean', default: false },
      /** Of each round under load. */
      seconds: { type: 'string' },
      json: { type: 'boolean', default: false },
      /** Writes RESULTS.md also where not everything was run. */
      write: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const seconds = Number(values.seconds ?? (values.quick ? 0.5 : 5));
  const unknown = positionals.find((name) => BENCHES[name] === undefined);
  if (unknown !== undefined) throw new Error(`there is no bench ${unknown}`);
  if (!(seconds > 0)) throw new Error('--seconds takes a number');
  return { ...values, seconds, names: positionals.length === 0 ? Object.keys(BENCHES) : positionals };
}

async function run(name: string, effort: Effort): Promise<Ran> {
  const from = performance.now();
  const since = () => (performance.now() - from) / 1000;
  try {
    const figures = (await BENCHES[name]?.(effort)) ?? [];
    return { name, seconds: since(), figures, failure: null };
  } catch (error) {
    console.error(error);
    const failure = error instanceof Error ? error.message : String(error);
    return { name, seconds: since(), figures: [], failure };
  }
}

async function main(words: ReturnType<typeof readWords>): Promise<void> {
  const { quick, seconds, names } = words;
  const tell = words.json ? console.error : console.log;
  const ran: Ran[] = [];
  for (const name of names) {
    const one = await run(name, { quick, seconds });
    ran.push(one);
    tell(asText(one));
  }
  const machine = await describeMachine();
  if (words.json) console.log(JSON.stringify({ machine, benches: ran }, null, 2));
  const isWhole = !quick && names.length === Object.keys(BENCHES).length;
  if (isWhole || words.write) {
    writeFileSync(new URL('RESULTS.md', import.meta.url), asMarkdown(machine, new Date(), ran));
    tell('Written to bench/RESULTS.md');
  }
  if (ran.some(({ failure }) => failure !== null)) process.exitCode = 1;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void stopParts().finally(() => process.exit(130)));
}
try {
  await main(readWords());
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exitCode = 2;
}
