import { runDetached } from '../src/testing/stack/detached.ts';
import { readOptions, SHORT_MS } from './options.ts';

/** `npm run chaos`: 0 when every promise was kept, 1 when one was broken, 2 for wrong usage. */
const options = readOptions(process.argv.slice(2));
if (typeof options === 'string') {
  console.error(`${options}\nnpm run chaos -- [--short | --minutes N] [--seed N] [--json]`);
  process.exitCode = 2;
} else {
  await runDetached(import.meta.url, async (stopping) => {
    const [{ chaos }, { isKept, printReport }] = await Promise.all([
      import('./chaos.ts'),
      import('./report.ts'),
    ]);
    const say = options.json ? () => undefined : console.log;
    const report = await chaos(options, say, stopping);
    const length = options.stormMs === SHORT_MS ? '--short' : `--minutes ${options.stormMs / 60_000}`;
    if (options.json) console.log(JSON.stringify(report, null, 2));
    else printReport(report, `npm run chaos -- ${length} --seed ${report.seed}`);
    return isKept(report) ? 0 : 1;
  });
}
