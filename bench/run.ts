import { parseArgs } from 'node:util';
import { ingest } from './ingest.ts';

/** One figure: ours against a yardstick measured in the same run. */
export interface Figure {
  readonly what: string;
  readonly ours: string;
  readonly yardstick: string;
  readonly ratio: number;
}

const { values } = parseArgs({ options: { json: { type: 'boolean' }, seconds: { type: 'string', default: '5' } } });
const figures: Figure[] = await ingest(Number(values.seconds));
if (values.json === true) console.log(JSON.stringify({ figures }, null, 2));
else console.table(figures);
