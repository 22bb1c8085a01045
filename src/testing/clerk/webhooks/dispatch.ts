import type { Random } from '../random.ts';
import { faultList, type WebhookFault } from './faults.ts';
import type { Underway } from './lanes.ts';
import type { Pending, Timers } from './pending.ts';
import { createShuffler } from './reorder.ts';

/** Between an event and its sending: where it is lost, copied, held up and overtaken. */
export const createDispatch = (random: Random, timers: Timers, pending: Pending) => {
  const faults = faultList<WebhookFault>();
  const shuffler = createShuffler(random, timers);
  const applies = (fault: WebhookFault, type: string): boolean =>
    (fault.types === undefined || fault.types.includes(type)) &&
    (fault.probability === undefined || random.next() < fault.probability);

  return {
    faults,
    drop: shuffler.drop,

    dispatch(message: Underway, send: () => void): void {
      const hit = faults.take((fault) => applies(fault, message.event.type));
      if (hit.some((fault) => fault.kind === 'lose')) {
        message.status = 'lost';
        return;
      }
      let wait = 0;
      let reorder: { window: number; ms: number } | undefined;
      for (const fault of hit) {
        if (fault.kind === 'delay') wait += fault.ms;
        if (fault.kind === 'reorder') reorder = { window: fault.window ?? 8, ms: fault.ms ?? 20 };
        if (fault.kind !== 'duplicate') continue;
        for (let i = 0; i < (fault.copies ?? 1); i += 1) {
          pending.begin();
          send();
        }
      }
      pending.begin();
      if (reorder !== undefined) shuffler.hold(send, reorder.window, reorder.ms);
      else if (wait > 0) timers.after(wait, send);
      else send();
    },
  };
};
