import { parseArgs } from 'node:util';
import { evaluations } from './evaluations.ts';
import { feed } from './feed.ts';
import type { Figure } from './figure.ts';
import { ingest } from './ingest.ts';
import { compiling } from './policy.ts';
import { roleChange } from './role-change.ts';
import { snapshotQuestions } from './snapshot.ts';
import { sqlReading } from './sql.ts';

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean' }, seconds: { type: 'string', default: '5' } },
  allowPositionals: true,
});
const benches: Readonly<Record<string, () => Figure[] | Promise<Figure[]>>> = {
  ingest: () => ingest(Number(values.seconds)),
  policy: compiling,
  'role-change': roleChange,
  evaluations: () => evaluations(Number(values.seconds)),
  sql: sqlReading,
  snapshot: snapshotQuestions,
  feed,
};
const chosen = positionals.length === 0 ? Object.keys(benches) : positionals;
const figures: Figure[] = [];
for (const name of chosen) {
  const bench = benches[name];
  if (bench === undefined) throw new Error(`there is no bench ${name}: ${Object.keys(benches).join(', ')}`);
  figures.push(...(await bench()));
}
if (values.json === true) console.log(JSON.stringify({ figures }, null, 2));
else console.table(figures);
