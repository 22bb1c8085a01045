import type { Attempt, OutboxEvent } from '../../index.ts';
import type { Tell } from './report.ts';
import type { Scene } from './scene.ts';

/** What the worker answered to one message. */
export type Answered = {
  readonly id: string;
  readonly type: string;
  readonly status: number | undefined;
  /** `applied`, `queued`, …; where it was refused, the error's code. */
  readonly outcome: string;
  readonly milliseconds: number;
};

const outcomeOf = (body: string): string => {
  try {
    const answer: unknown = JSON.parse(body);
    if (typeof answer !== 'object' || answer === null) return body;
    if ('outcome' in answer) return String(answer.outcome);
    const error = 'error' in answer ? answer.error : undefined;
    return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : body;
  } catch {
    return body;
  }
};

export const answered = (attempt: Attempt): Answered => ({
  id: attempt.messageId,
  type: attempt.type,
  status: attempt.status,
  outcome: attempt.error ?? outcomeOf(attempt.body),
  milliseconds: attempt.durationMs,
});

export const isTaken = ({ status }: { readonly status: number | undefined }): boolean =>
  status !== undefined && status >= 200 && status < 300;

const inTime = (milliseconds: readonly number[]): string => {
  const [least, most] = [Math.min(...milliseconds), Math.max(...milliseconds)].map(Math.round);
  return least === most ? `${most} ms` : `${least} to ${most} ms`;
};

/** A line for each kind of message and answer, in the order of their arrival. */
export const tellArrivals = (tell: Tell, arrivals: readonly Answered[]): void => {
  const lines = new Map<string, Answered[]>();
  for (const arrival of arrivals) {
    const { type, status, outcome } = arrival;
    const line = `${type.padEnd(31)} → ${status ?? 'no answer'} ${outcome}`;
    lines.set(line, [...(lines.get(line) ?? []), arrival]);
  }
  for (const [line, group] of lines) {
    const times = `${group.length === 1 ? '' : `${group.length} ×`}`.padStart(4);
    tell.arrived(`${times} ${line}, ${inTime(group.map(({ milliseconds }) => milliseconds))}`);
  }
};

/** Clerk changes something and tells it, with its retries. Resolves when all of it was answered. */
export const happens = async <Result>(
  { clerk }: Scene,
  tell: Tell,
  change: () => Result,
): Promise<{ readonly result: Result; readonly arrivals: readonly Answered[] }> => {
  const [told, made] = [clerk.outbox.length, clerk.deliveries.length];
  const result = change();
  const ids = new Set(clerk.outbox.slice(told).map(({ id }) => id));
  await clerk.settled();
  const arrivals = clerk.deliveries.slice(made).map(answered);
  const ours = arrivals.filter(({ id }) => ids.has(id));
  tellArrivals(tell, ours);
  return { result, arrivals: ours };
};

/** Clerk changes something, and what it tells is on its way until it is delivered by hand. */
export const happensUnheard = ({ clerk }: Scene, change: () => void): readonly OutboxEvent[] => {
  const told = clerk.outbox.length;
  clerk.pause();
  change();
  clerk.discard();
  clerk.resume();
  return clerk.outbox.slice(told);
};

export type DeliverHow = NonNullable<Parameters<Scene['clerk']['deliver']>[1]>;

/** One message, once. */
export const deliver = async (
  { clerk }: Scene,
  tell: Tell,
  event: OutboxEvent,
  how: DeliverHow = {},
): Promise<Answered & { readonly retryAfter: string | null }> => {
  const made = clerk.deliveries.length;
  const { headers } = await clerk.deliver(event, how);
  const id = how.id ?? event.id;
  const attempt = clerk.deliveries.slice(made).find(({ messageId }) => messageId === id);
  if (attempt === undefined) throw new Error(`The delivery of ${id} left no trace.`);
  const answer = answered(attempt);
  tellArrivals(tell, [answer]);
  return { ...answer, retryAfter: headers.get('retry-after') };
};

/** Of what one change told, the message of this type. */
export const ofType = (events: readonly OutboxEvent[], type: string): OutboxEvent => {
  const event = events.find((candidate) => candidate.type === type);
  if (event === undefined) throw new Error(`Clerk told no ${type}.`);
  return event;
};
