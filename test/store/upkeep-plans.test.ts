import { afterAll, beforeAll, expect, test } from 'vitest';
import { FORGETTABLE } from '../../src/pipeline/ports.ts';
import { postgresUpkeepStore } from '../../src/store/postgres/upkeep-store.ts';
import { type Rig, startRig, type Worker } from '../support/rig.ts';
import { lookedThrough } from './support/looked-through.ts';

const TABLES = [
  ...['inbox', 'users', 'invitations', 'effects', 'attempts', 'replayed', 'drift', 'reconciled'],
  ...['reconciliations', 'console_sessions', 'changes'],
];

let rig: Rig;
let worker: Worker;
beforeAll(async () => {
  rig = await startRig();
  worker = rig.worker();
  const { sql } = rig;
  // Young all of it, and a few whom it concerns: what there is to forget is found without reading the rest.
  await sql`
    insert into rolecall.inbox (id, source, type, user_id, body, body_sha256, outcome, reason, received_at)
    select 'msg_' || n, 'webhook', 'user.updated', 'user_' || n % 10000, '{}', '\\x00', 'applied', 'newer',
           now() - n * interval '1 second'
      from generate_series(1, 50000) as n`;
  await sql`
    insert into rolecall.users (id, deleted_at)
    select 'user_' || n, case when n % 2000 = 0 then extract(epoch from now()) * 1000 end
      from generate_series(1, 10000) as n`;
  await sql`
    insert into rolecall.effects (kind, user_id, lane, status, due_at, settled_at)
    select 'lookup_user', 'user_' || n, 1, 'done', now(), now() from generate_series(1, 20000) as n`;
  await sql`
    insert into rolecall.attempts (delivery_id, attempt, cause, outcome, reason)
    select 'msg_' || n, 2, 'retry', 'failed', 'x' from generate_series(1, 20000) as n`;
  await sql`
    insert into rolecall.replayed (replay_id, position, delivery_id, outcome, reason)
    select 1, n, 'msg_' || n, 'stale', 'x' from generate_series(1, 20000) as n`;
  await sql`
    insert into rolecall.changes (revision, kind, at, cause)
    select n, 'granted', 0, 'delivery' from generate_series(1, 20000) as n`;
}, 60_000);
afterAll(() => rig.stop());

test.each([false, true])(
  'forgetting reads what is to be forgotten and no more, with statistics: %s',
  async (analyzed) => {
    if (analyzed) await rig.sql`analyze`;
    const upkeep = postgresUpkeepStore(worker.statements);
    const looked = await lookedThrough(rig, TABLES, worker, async () => {
      for (const what of FORGETTABLE) await upkeep.forget(what, 30, 20);
    });
    expect(looked.after).toEqual(looked.before);
    expect(looked.entries).toBeLessThan(500);
  },
);
