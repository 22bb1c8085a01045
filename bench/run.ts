import { parseArgs } from 'node:util';
import type { Figure } from './figure.ts';
import { ingest } from './ingest.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, seconds: { type: 'string', default: '5' } },
});
const figures: Figure[] = await ingest(Number(values.seconds));
if (values.json === true) console.log(JSON.stringify({ figures }, null, 2));
else console.table(figures);
