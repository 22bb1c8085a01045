import type { Change } from '../../../src/domain/changes.ts';
import type { CompiledPolicy } from '../../../src/domain/compiled-policy.ts';
import { decide, type Item } from '../../../src/domain/decide/decide.ts';
import { DEFAULT_CONSEQUENCES, type OwedEffect, subjectOf } from '../../../src/domain/effects.ts';
import type { Evidence } from '../../../src/domain/evidence.ts';
import { type History, worldAt } from './history.ts';
import { OPENED } from './ledger.ts';
import { type Arrival, arrivals, batched, type Schedule } from './schedule.ts';
import { Store } from './store.ts';
import { answer, observation, questionsAboutAll } from './told.ts';
import type { World } from './world.ts';

/** One decision, as whoever watches is told of it. */
export interface Step {
  readonly items: readonly Item[];
  readonly now: number;
  readonly outcomes: readonly string[];
  readonly changes: readonly Change[];
  readonly effects: readonly OwedEffect[];
}

export interface Watcher {
  before(step: Pick<Step, 'items' | 'now'>, store: Store): void;
  after(step: Step, store: Store): void;
}

/** Whoever loses is signed out, so that everything there is to owe is owed. */
const SIGN_OUT = { ...DEFAULT_CONSEQUENCES, role: 'revoke', feature: 'revoke' } as const;

/** Most rounds of questions until nothing is owed; more than these would be a question that never ends. */
const MOST_ROUNDS = 12;
const BETWEEN_ROUNDS_MS = 90_000;

/** Rolecall in front of a history: messages arrive as scheduled, owed questions are asked and answered from it. */
export class Simulation {
  readonly store: Store;
  #history: History;
  readonly #lists: boolean;
  readonly #watchers: readonly Watcher[];
  now: number;

  constructor(history: History, lists: boolean, watchers: readonly Watcher[]) {
    this.store = new Store(history.policy);
    this.#history = history;
    this.#lists = lists;
    this.#watchers = watchers;
    this.now = history.moments[0]?.at ?? 0;
  }

  /** The provider's history goes on: so far it was the beginning of this one. */
  goOn(history: History): void {
    this.#history = history;
  }

  activate(policy: CompiledPolicy, at: number): void {
    this.now = Math.max(this.now, at);
    this.store.activate(policy, this.now);
  }

  deliver(schedule: Schedule): void {
    const { lookups, batches } = schedule;
    const underWay: { evidence: Evidence[]; question: OwedEffect; at: number; due: number }[] = [];
    for (const [index, batch] of batched(arrivals(this.#history, schedule), batches).entries()) {
      for (const told of underWay.filter(({ due }) => due === index))
        this.#hear(told.question, told.evidence, told.at);
      this.#receive(batch);
      const asking = lookups[index % Math.max(1, lookups.length)];
      if (asking === undefined || !asking.ask) continue;
      for (const question of this.#questions()) {
        const at = this.now + asking.latency;
        const evidence = answer(this.#worldSeenWith(asking.lag), question, at, this.#lists);
        if (asking.lies === 0) this.#hear(question, evidence, at);
        else underWay.push({ evidence, question, at, due: index + asking.lies });
      }
    }
    for (const told of underWay) this.#hear(told.question, told.evidence, told.at);
  }

  /** Time goes on, and the provider answers until nothing is owed. */
  settle(): void {
    this.now = Math.max(this.now, this.#history.moments.at(-1)?.at ?? 0);
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      this.now += BETWEEN_ROUNDS_MS;
      const questions = this.#questions();
      if (questions.length === 0) return;
      const world = worldAt(this.#history, this.now);
      for (const question of questions) {
        this.#hear(question, answer(world, question, this.now, this.#lists), this.now);
      }
    }
    throw new Error(`still owed after ${MOST_ROUNDS} rounds: ${[...this.store.owed.keys()].join(', ')}`);
  }

  /** A reconciliation: everything is asked for, through the same path. */
  observeEverything(): void {
    this.now = Math.max(this.now, this.#history.moments.at(-1)?.at ?? 0) + BETWEEN_ROUNDS_MS;
    const world = worldAt(this.#history, this.now);
    const evidence = observation(world, this.now);
    this.#decide([{ evidence, questions: questionsAboutAll(), observed: true, repeated: false }]);
  }

  /** A reader of the provider that is behind; what was there from the start, every reader has. */
  #worldSeenWith(lag: number): World {
    return worldAt(this.#history, Math.max(this.now - lag, OPENED));
  }

  #questions(): OwedEffect[] {
    const questions = [...this.store.owed.values()].filter((effect) => effect.kind !== 'revoke_sessions');
    for (const question of questions) this.store.owed.delete(subjectOf(question));
    return questions;
  }

  #receive(batch: readonly Arrival[]): void {
    this.now = Math.max(this.now, ...batch.map((arrival) => arrival.at));
    this.#decide(
      batch.map(({ message, repeated }) => ({
        evidence: [message.evidence],
        questions: [],
        observed: false,
        repeated,
      })),
    );
  }

  #hear(question: OwedEffect, evidence: Evidence[], at: number): void {
    this.now = Math.max(this.now, at);
    const outcomes = this.#decide([{ evidence, questions: [], observed: true, repeated: false }]);
    if (outcomes.includes('held')) this.store.owed.set(subjectOf(question), question);
  }

  #decide(items: readonly Item[]): string[] {
    const { now, store } = this;
    for (const watcher of this.#watchers) watcher.before({ items, now }, store);
    const decision = decide(store.read(items), items, { now, consequences: SIGN_OUT });
    store.commit(decision, now);
    const outcomes = decision.items.map((item) => item.verdict.outcome);
    const changes = decision.items.flatMap((item) => item.changes);
    const effects = decision.items.flatMap((item) => item.effects);
    for (const watcher of this.#watchers) watcher.after({ items, now, outcomes, changes, effects }, store);
    return outcomes;
  }
}
