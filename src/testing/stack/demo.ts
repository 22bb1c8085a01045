import { play } from './demo/play.ts';
import { runDetached } from './detached.ts';

/** `npm run demo`: plays the story on a stack of its own; 0 only if every promised outcome was observed. */
await runDetached(import.meta.url, async (stopping) => {
  const [{ startStack }, { story }] = await Promise.all([import('./stack.ts'), import('./demo/story.ts')]);
  const lastWords: string[] = [];
  const begun = performance.now();
  const stack = await startStack({
    stopping,
    tickEvery: 1_000,
    log: (part, message) => {
      lastWords.push(`[${part}] ${message}`);
      if (lastWords.length > 200) lastWords.shift();
    },
  });
  let kept = false;
  try {
    console.log(
      `Postgres, a stand-in for Clerk and the worker run (${Math.round(performance.now() - begun)} ms).\n`,
    );
    const width = Math.min(Number(process.env['COLUMNS']) || 100, 120);
    kept = await play(story(stack), { print: console.log, width, stopping });
  } finally {
    await stack.stop();
  }
  if (!kept) console.error(`\nThe last log lines:\n${lastWords.slice(-40).join('\n')}`);
  return kept ? 0 : 1;
});
