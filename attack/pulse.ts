import * as v from 'valibot';
import type { World } from './attack.ts';
import { ask, deliver } from './genuine.ts';

const Delivered = v.object({ outcome: v.string() });

/** Genuine traffic all the while: an attack that keeps others from being served has succeeded. */
export function startPulse(world: World, everyMs = 200) {
  let [count, longestMs, stopped] = [0, 0, false];
  const failures: string[] = [];
  let wake: () => void = () => undefined;
  const timed = async (what: string, work: () => Promise<void>): Promise<void> => {
    const from = performance.now();
    try {
      await work();
    } catch (error) {
      failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
    count += 1;
    longestMs = Math.max(longestMs, performance.now() - from);
  };
  const beat = async (): Promise<void> => {
    while (!stopped) {
      // Delivered before: it is verified, looked up and found, and nothing is written.
      await timed('a genuine webhook', async () => {
        const { status, text } = await deliver(world, world.taken.id, world.taken.body);
        const { outcome } = v.parse(Delivered, JSON.parse(text));
        if (status !== 200 || outcome !== 'duplicate')
          throw new Error(`it was answered ${status} ${outcome}`);
      });
      await timed('a genuine question', async () => {
        const path = '/v1/organizations/org_acme/members/user_ada';
        const text = await ask(world, path, world.canaries.readToken);
        if (!text.includes('"role":"org:admin"')) throw new Error('the answer was wrong');
      });
      await timed('an operator’s question', async () => {
        await ask(world, '/operator/v1/holds', world.canaries.operatorToken);
      });
      if (stopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, everyMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const beating = beat();
  return {
    async stop() {
      stopped = true;
      wake();
      await beating;
      return { count, longestMs, failures };
    },
  };
}
