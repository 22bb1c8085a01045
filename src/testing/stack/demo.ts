import { parseArgs } from 'node:util';
import { play } from './demo/play.ts';
import { providerClock } from './demo/provider-clock.ts';
import { runDetached } from './detached.ts';

/** `npm run demo`: plays the story on a stack of its own; 0 only if every promised outcome was observed. */
await runDetached(import.meta.url, async (stopping) => {
  // In another mode than `enforce` not every promise can hold: that it then fails is what a test relies on.
  const { values } = parseArgs({ options: { mode: { type: 'string', default: 'enforce' } } });
  const [{ startStack }, { openScene }, { story }, { totals }] = await Promise.all([
    import('./stack.ts'),
    import('./demo/scene.ts'),
    import('./demo/story.ts'),
    import('./demo/totals.ts'),
  ]);
  const lastWords: string[] = [];
  const clock = providerClock(10 * 60_000);
  const begun = performance.now();
  const stack = await startStack({
    stopping,
    tickEvery: 1_000,
    variables: { ROLECALL_MODE: values.mode },
    standIn: { now: clock.now },
    log: (part, message) => {
      lastWords.push(`[${part}] ${message}`);
      if (lastWords.length > 200) lastWords.shift();
    },
  });
  let kept = false;
  try {
    console.log(
      `Postgres, a stand-in for Clerk and the worker in workerd run (${Math.round(performance.now() - begun)} ms).\n`,
    );
    const width = Math.min(Number(process.env['COLUMNS']) || 100, 120);
    const { scene, close } = openScene(stack, clock);
    try {
      kept = await play(story(scene), { print: console.log, width, stopping, totals: () => totals(scene) });
    } finally {
      await close();
    }
  } finally {
    await stack.stop();
  }
  if (!kept) console.error(`\nThe last log lines:\n${lastWords.slice(-40).join('\n')}`);
  return kept ? 0 : 1;
});
