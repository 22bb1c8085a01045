import * as v from 'valibot';
import { seededRandom } from '../src/testing/clerk/random.ts';
import type { Acknowledged } from './checker/run.ts';

const Taken = v.object({ delivery: v.string(), outcome: v.string() });

/** Carries each message to one of the processes, whichever chance says, and remembers what was answered. */
export class Courier {
  /** By message id: the first 2xx that was given, also where the sender never heard of it. */
  readonly acknowledged = new Map<string, Acknowledged>();
  /** How often the answer is lost, and how often a second process gets the same message at the same time; 0 to 1. */
  answersLost = 0;
  doubled = 0;
  readonly #random;
  #targets: readonly string[] = [];
  #attempts = 0;
  #lastAnswer = 0;
  #longestSilence = 0;
  #listener: ((taken: Acknowledged) => void) | undefined;

  constructor(seed: number) {
    this.#random = seededRandom(seed ^ 0xca11);
  }

  to(targets: readonly string[]): void {
    this.#targets = targets;
  }

  onAcknowledged(listener: (taken: Acknowledged) => void): void {
    this.#listener = listener;
  }

  get attempts(): number {
    return this.#attempts;
  }

  /** The longest time in which nobody acknowledged anything, since `watchSilence`. */
  get longestSilenceMs(): number {
    return this.#longestSilence;
  }

  watchSilence(): void {
    this.#lastAnswer = performance.now();
    this.#longestSilence = 0;
  }

  readonly carry = async (request: Request): Promise<Response> => {
    const body = await request.text();
    const first = this.#random.below(this.#targets.length);
    const send = (which: number) =>
      this.#send(this.#targets[which % this.#targets.length] ?? '', request, body);
    const sent = [send(first)];
    if (this.#random.next() < this.doubled) sent.push(send(first + 1));
    const answers = await Promise.allSettled(sent);
    if (this.#random.next() < this.answersLost) throw new Error('the answer was lost');
    const [answer] = answers;
    if (answer?.status !== 'fulfilled') throw new Error('no answer', { cause: answer?.reason });
    return answer.value;
  };

  async #send(target: string, request: Request, body: string): Promise<Response> {
    this.#attempts += 1;
    const sentAt = performance.now();
    const answer = await fetch(`${target}/webhooks/clerk`, {
      method: 'POST',
      headers: request.headers,
      body,
      signal: request.signal,
    });
    const text = await answer.text();
    if (answer.ok) this.#note(v.parse(Taken, JSON.parse(text)), target, sentAt);
    return new Response(text, { status: answer.status, headers: answer.headers });
  }

  #note({ delivery, outcome }: v.InferOutput<typeof Taken>, by: string, sentAt: number): void {
    const at = performance.now();
    if (this.#lastAnswer > 0) this.#longestSilence = Math.max(this.#longestSilence, at - this.#lastAnswer);
    this.#lastAnswer = at;
    const taken = { delivery, outcome, by, sentAt, at };
    if (!this.acknowledged.has(delivery)) this.acknowledged.set(delivery, taken);
    this.#listener?.(taken);
  }
}
