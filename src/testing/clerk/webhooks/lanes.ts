import type { WebhookEndpoint } from '../options.ts';
import type { Attempt, Message, MessageStatus } from './message.ts';
import type { Pending, Timers } from './pending.ts';

/** An endpoint, and what waits to be sent to it. */
export interface Lane {
  readonly endpoint: WebhookEndpoint;
  readonly waiting: Job[];
  running: number;
}
export interface Underway extends Message {
  status: MessageStatus;
  readonly attempts: Attempt[];
}
interface Job {
  readonly message: Underway;
  tries: number;
}

interface LaneOptions {
  readonly concurrency: number;
  readonly schedule: readonly number[];
  /** One attempt; undefined when everything was closed meanwhile. */
  readonly attempt: (endpoint: WebhookEndpoint, message: Underway) => Promise<Attempt | undefined>;
  readonly pending: Pending;
  readonly timers: Timers;
}

/** Sends oldest first, so many at once, and tries again as the schedule says; whoever queues has begun a pending. */
export const createLanes = ({ concurrency, schedule, attempt, pending, timers }: LaneOptions) => {
  const run = async (lane: Lane, job: Job): Promise<void> => {
    const { message } = job;
    const made = await attempt(lane.endpoint, message);
    if (made === undefined) return;
    message.attempts.push(made);
    lane.running -= 1;
    const taken = made.status !== undefined && made.status >= 200 && made.status < 300;
    const pause = schedule[job.tries];
    job.tries += 1;
    if (!taken && pause !== undefined) {
      timers.after(pause, () => queue(lane, job));
    } else {
      // A second copy that fails takes nothing back from the first that was taken.
      if (taken) message.status = 'delivered';
      else if (message.status !== 'delivered') message.status = 'failed';
      pending.end();
    }
    pump(lane);
  };
  const pump = (lane: Lane): void => {
    while (lane.running < concurrency) {
      const job = lane.waiting.shift();
      if (job === undefined) return;
      lane.running += 1;
      void run(lane, job);
    }
  };
  const queue = (lane: Lane, job: Job): void => {
    lane.waiting.push(job);
    pump(lane);
  };
  return { send: (lane: Lane, message: Underway): void => queue(lane, { message, tries: 0 }) };
};
