import { runDetached } from '../src/testing/stack/detached.ts';
import { readOptions } from './options.ts';

/** `npm run attack`: 0 all promises kept, 1 one broken, 2 wrong usage. */
const options = readOptions(process.argv.slice(2));
if (typeof options === 'string') {
  console.error(options);
  process.exitCode = 2;
} else {
  await runDetached(import.meta.url, async (stopping) => {
    const { playAttack } = await import('./play.ts');
    return (await playAttack(options, stopping)) ? 0 : 1;
  });
}
