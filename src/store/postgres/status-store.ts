import * as v from 'valibot';
import { LANES } from '../../domain/effects.ts';
import { MODES, type StatusStore } from '../../pipeline/ports.ts';
import { checked } from './checked.ts';
import type { Statements } from './client.ts';

const text = v.string();
const maybe = v.nullable(text);
const number = v.number();
const numbers = v.array(number);

const status = v.object({
  at: number,
  owed: v.array(v.object({ kind: text, lane: v.picklist(LANES), count: number })),
  oldestOwed: v.array(v.object({ kind: text, at: text })),
  dead: v.array(v.object({ kind: text, count: number, since: maybe })),
  errors: v.array(v.object({ error: text, count: number, since: text })),
  deliveries: v.object({
    lastReceivedAt: maybe,
    lastHour: number,
    failed: number,
    held: number,
    dead: number,
  }),
  reconciliation: v.nullable(
    v.object({
      id: number,
      cause: text,
      status: v.picklist(['done', 'failed']),
      endedAt: text,
      drift: v.record(text, number),
    }),
  ),
  reconciling: v.nullable(number),
  losses: v.array(v.object({ kind: text, cause: text, count: number, latestAt: text })),
  holds: number,
  oldestHoldAt: maybe,
  findings: number,
  refused: v.object({ bounds: numbers, counts: numbers }),
  versions: v.object({ schema: number, policy: number, revision: number, epoch: text }),
  instance: maybe,
  budget: v.object({ tokens: number, refilledAt: number, pausedUntil: maybe }),
  operations: v.object({
    mode: v.nullable(v.picklist(MODES)),
    aliveAt: maybe,
    restoringSince: maybe,
    effectsPaused: v.nullable(v.object({ at: text, by: text, reason: text })),
  }),
  operatorActions: number,
});

const tallies = v.object({
  bounds: numbers,
  tallies: v.array(v.object({ name: text, first: text, second: text, value: number })),
});

const activity = v.object({
  stepSeconds: number,
  bounds: numbers,
  points: v.array(
    v.object({
      at: text,
      received: number,
      failed: number,
      removed: number,
      backlog: number,
      refused: numbers,
    }),
  ),
});

export function postgresStatusStore(statements: Statements): StatusStore {
  return {
    async readStatus() {
      return checked(status, await statements.call('read_status', {}));
    },
    async readTallies() {
      return checked(tallies, await statements.call('read_tallies', {}));
    },
    async readActivity(minutes) {
      return checked(activity, await statements.call('read_activity', { minutes }));
    },
  };
}
