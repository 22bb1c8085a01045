import type { Stack } from '../stack.ts';
import type { Story } from './play.ts';

/** What the demo shows, step by step. */
export const story =
  (stack: Stack): Story =>
  async (step) => {
    await step('The worker answers', async (tell) => {
      const answer = await fetch(`${stack.worker.url}/healthz`);
      tell.arrived(`GET /healthz → ${answer.status}`);
      tell.promise(answer.ok, 'the worker serves');
    });
  };
