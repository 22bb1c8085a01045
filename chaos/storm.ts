import { setTimeout as delay } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import type { ApiFault, WebhookFault } from '../src/testing/index.ts';
import type { Acknowledged } from './checker/run.ts';
import type { FaultKind, PlannedFault } from './plan/faults.ts';
import type { System } from './system/system.ts';

type AtClerk = { readonly api: ApiFault } | { readonly way: WebhookFault };

/** Long enough that what was spilled meanwhile is offered to the consumer before the database is back. */
const LEAST_OUTAGE_MS = 1_200;

/** How long a message that waits in the local queue of workerd may keep it from being killed. */
const SPILLED_MS = 5_000;

/** Does to the system what was planned, and undoes it. */
export class Storm {
  readonly done = new Map<FaultKind, number>();
  /** Messages that the local queue took along; a real one keeps them. */
  readonly goneWithTheQueue = new Set<string>();
  readonly #system: System;
  readonly #atClerk = new Set<AtClerk>();
  readonly #sql: Sql;

  constructor(system: System) {
    this.#system = system;
    this.#sql = postgres(system.postgres.url, { max: 1, backoff: () => 0.1, onnotice: () => undefined });
  }

  /** Resolves when it is over and everything works again. */
  async perform(fault: PlannedFault): Promise<void> {
    if (await this.#perform(fault)) this.done.set(fault.kind, (this.done.get(fault.kind) ?? 0) + 1);
  }

  async end(): Promise<void> {
    this.#atClerk.clear();
    this.#system.clerk.clearFaults();
    await this.#sql.end({ timeout: 1 });
  }

  async #perform({ kind, ms, which }: PlannedFault): Promise<boolean> {
    const { nodes, worker, postgres: database, courier } = this.#system;
    const parts = [...nodes, worker];
    switch (kind) {
      case 'kill-node':
        await nodes[which % nodes.length]?.kill(ms);
        return true;
      case 'kill-worker':
        // A queue of Cloudflare's outlives the worker; the local one is in its memory.
        if (!(await this.#nothingSpilled())) return false;
        await worker.kill(ms);
        for (const { delivery } of await this.#spilled()) this.#goneWithTheQueue(delivery);
        return true;
      case 'stop-postgres': {
        const resume = await database.interrupt(which % 3 === 0 ? 'fast' : 'immediate');
        await delay(LEAST_OUTAGE_MS + ms);
        await resume();
        return true;
      }
      case 'cut-connections':
        parts[which % parts.length]?.proxy.cut();
        await delay(ms);
        parts[(which + 1) % parts.length]?.proxy.cut();
        return true;
      case 'end-backends':
        await this.#sql`
          select pg_terminate_backend(pid) from pg_stat_activity where usename = 'rolecall_worker'`.catch(
          () => undefined,
        );
        return true;
      case 'clerk-fails':
        return this.#atClerkFor(ms, { api: { kind: 'status', status: which % 2 === 0 ? 500 : 503 } });
      case 'clerk-slow':
        return this.#atClerkFor(ms, { api: { kind: 'slow', ms: 200 + (which % 5) * 200 } });
      case 'clerk-limits':
        return this.#atClerkFor(ms, { api: { kind: 'status', status: 429, retryAfter: 1 } });
      case 'clerk-hangs':
        return this.#atClerkFor(ms, { api: { kind: 'hang', times: 4 } });
      case 'duplicates':
        courier.doubled = 0.3;
        await this.#atClerkFor(ms, { way: { kind: 'duplicate', probability: 0.3 } });
        courier.doubled = 0;
        return true;
      case 'delays':
        return this.#atClerkFor(ms, {
          way: { kind: 'delay', ms: 300 + (which % 7) * 400, probability: 0.3 },
        });
      case 'reorders':
        return this.#atClerkFor(ms, { way: { kind: 'reorder', window: 4 + (which % 12), ms: 400 } });
      case 'answers-lost':
        courier.answersLost = 0.3;
        await delay(ms);
        courier.answersLost = 0;
        return true;
    }
  }

  async #atClerkFor(ms: number, fault: AtClerk): Promise<true> {
    this.#atClerk.add(fault);
    this.#applyAtClerk();
    await delay(ms);
    this.#atClerk.delete(fault);
    this.#applyAtClerk();
    return true;
  }

  /** The stand-in forgets all of them or none. */
  #applyAtClerk(): void {
    const { clerk } = this.#system;
    clerk.clearFaults();
    for (const fault of this.#atClerk) {
      if ('api' in fault) clerk.failApi(fault.api);
      else clerk.failWebhooks(fault.way);
    }
  }

  async #nothingSpilled(): Promise<boolean> {
    const until = performance.now() + SPILLED_MS;
    while ((await this.#spilled()).length > 0) {
      if (performance.now() > until) return false;
      await delay(100);
    }
    return true;
  }

  /** What was acknowledged as queued and has not reached the inbox; all of it while nobody can be asked. */
  async #spilled(): Promise<readonly Acknowledged[]> {
    const { acknowledged } = this.#system.courier;
    const queued = [...acknowledged.values()].filter(({ outcome }) => outcome === 'queued');
    const ids = queued.map(({ delivery }) => delivery);
    const there = await this.#sql<{ id: string }[]>`
      select id from rolecall.inbox where id = any(${ids})`.catch(() => []);
    const kept = new Set(there.map(({ id }) => id));
    return queued.filter(({ delivery }) => !kept.has(delivery));
  }

  /** Spilled in the very moment of the kill: told again later, as the queue that outlives its worker would. */
  #goneWithTheQueue(delivery: string): void {
    this.#system.courier.acknowledged.delete(delivery);
    this.goneWithTheQueue.add(delivery);
  }
}
