import * as v from 'valibot';
import { DELIVERY_STATUSES, type ReplayStore } from '../../pipeline/ports.ts';
import { checked } from './checked.ts';
import { bytesOfBase64, type Statements, StoreMoved } from './client.ts';
import { commitPayload } from './commit.ts';

const text = v.string();
const maybe = v.nullable(text);
const count = v.number();

const kept = v.object({
  id: text,
  known: v.boolean(),
  source: v.nullable(v.picklist(['webhook', 'queue'])),
  receivedAt: v.nullable(count),
  sha256: maybe,
  attempts: v.nullable(count),
  body: v.nullable(v.pipe(text, v.transform(bytesOfBase64))),
});

const leased = v.nullable(
  v.variant('ended', [
    v.object({ id: count, ended: v.literal(true) }),
    v.object({
      id: count,
      ended: v.literal(false),
      token: text,
      dryRun: v.boolean(),
      begun: count,
      deliveries: v.array(kept),
    }),
  ]),
);

const started = v.object({ id: count, joined: v.boolean() });
const committed = v.nullable(v.object({ revision: v.nullable(count), owed: count }));

const filter = v.object({
  status: v.nullable(v.picklist(DELIVERY_STATUSES)),
  type: maybe,
  organizationId: maybe,
  userId: maybe,
  from: v.nullable(count),
  to: v.nullable(count),
});

const replays = v.array(
  v.object({
    id: count,
    status: v.picklist(['running', 'done', 'cancelled']),
    dryRun: v.boolean(),
    selection: v.nullable(v.union([v.object({ ids: v.array(text) }), v.object({ filter })])),
    total: v.nullable(count),
    done: count,
    outcomes: v.record(text, count),
    by: text,
    reason: text,
    askedAt: text,
    endedAt: maybe,
    cancelledBy: maybe,
  }),
);

const difference = v.object({
  organization: maybe,
  user: maybe,
  agent: maybe,
  role: maybe,
  gained: v.array(text),
  lost: v.array(text),
});
const replayed = v.array(
  v.object({
    position: count,
    delivery: text,
    outcome: text,
    reason: text,
    differences: v.array(difference),
    owed: count,
  }),
);
const access = v.array(v.object({ organizationId: text, userId: text, permissions: v.array(text) }));

export function postgresReplayStore(statements: Statements): ReplayStore {
  return {
    async startReplay(request) {
      return checked(started, await statements.call('start_replay', request));
    },
    async leaseReplay(id, most, leaseMs) {
      return checked(leased, await statements.call('lease_replay', { id, most, leaseMs }));
    },
    async releaseReplay({ id, token }) {
      await statements.call('release_replay', { id, token });
    },
    async leaseRetries(most, leaseMs) {
      return checked(v.array(kept), await statements.call('lease_retries', { most, leaseMs }));
    },
    async commitRepeated(commit, record) {
      const decision = commit === null ? null : commitPayload(commit, 'bulk');
      try {
        return (
          checked(committed, await statements.call('commit_repeated', { ...record, decision })) ?? 'stopped'
        );
      } catch (error) {
        if (error instanceof StoreMoved) return 'moved';
        throw error;
      }
    },
    async cancelReplay(id, by) {
      return checked(v.boolean(), await statements.call('cancel_replay', { id, by }));
    },
    async readReplay(id) {
      return checked(replays, await statements.call('read_replays', { id, limit: 1 }))[0] ?? null;
    },
    async readReplays(before, limit) {
      return checked(replays, await statements.call('read_replays', { before, limit }));
    },
    async readReplayed(id, after, limit) {
      return checked(replayed, await statements.call('read_replayed', { id, after, limit }));
    },
    async readAccessOf(users, organizations) {
      return checked(access, await statements.call('read_access_of', { users, organizations }));
    },
  };
}
