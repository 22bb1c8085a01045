import * as v from 'valibot';
import { isOrganizationId, type OrganizationId } from '../../domain/ids.ts';
import type { ReconciliationStore } from '../../pipeline/ports.ts';
import { checked } from './checked.ts';
import { type Statements, StoreMoved } from './client.ts';
import { commitPayload } from './commit.ts';

const text = v.string();
const maybe = v.nullable(text);
const count = v.number();
const cause = v.picklist(['operator', 'import', 'schedule', 'outage', 'restore', 'poll']);

const started = v.object({ id: count, joined: v.boolean() });
const scheduled = v.nullable(v.object({ id: count }));
const leased = v.nullable(
  v.object({
    id: count,
    token: text,
    cause,
    organizationId: v.nullable(v.custom<OrganizationId>(isOrganizationId)),
    dryRun: v.boolean(),
    stage: v.picklist([
      'roles',
      'organizations',
      'users',
      'memberships',
      'absences',
      'judgement',
      'questions',
    ]),
    position: count,
    attempts: count,
  }),
);
const committed = v.nullable(v.object({ revision: v.nullable(count), owed: count }));
const judged = v.nullable(v.object({ asked: count, held: count, hold: v.nullable(count) }));

const reconciliations = v.array(
  v.object({
    id: count,
    status: v.picklist(['running', 'done', 'failed', 'cancelled']),
    cause,
    organization: maybe,
    dryRun: v.boolean(),
    stage: text,
    compared: count,
    total: v.nullable(count),
    drift: v.record(text, count),
    held: v.nullable(count),
    problem: maybe,
    by: text,
    reason: text,
    askedAt: text,
    endedAt: maybe,
    cancelledBy: maybe,
  }),
);

const drift = v.array(
  v.object({
    position: count,
    kind: text,
    organization: maybe,
    user: maybe,
    subject: text,
    ours: v.unknown(),
    theirs: v.unknown(),
    outcome: v.picklist(['found', 'repaired', 'asked', 'held', 'rejected']),
  }),
);

export function postgresReconciliationStore(statements: Statements): ReconciliationStore {
  const step = async (name: string, argument: object) =>
    checked(v.nullable(v.boolean()), await statements.call(name, argument)) === null ? 'stopped' : 'taken';
  return {
    async startReconciliation(request) {
      return checked(started, await statements.call('start_reconciliation', request));
    },
    async scheduleReconciliation(everyMs) {
      return checked(scheduled, await statements.call('schedule_reconciliation', { everyMs }));
    },
    async leaseReconciliation(id, request) {
      return checked(leased, await statements.call('lease_reconciliation', { ...request, id }));
    },
    async commitReconciled({ id, token }, commit, page) {
      const decision = commit === null ? null : commitPayload(commit, 'bulk');
      try {
        const batch = { ...page, lease: { id, token }, decision };
        return checked(committed, await statements.call('commit_reconciled', batch)) ?? 'stopped';
      } catch (error) {
        if (error instanceof StoreMoved) return 'moved';
        throw error;
      }
    },
    async putOff({ id, token }, why) {
      await statements.call('put_off_reconciliation', { ...why, lease: { id, token } });
    },
    findAbsences: ({ id, token }, most) => step('find_absences', { lease: { id, token }, most }),
    async judgeAbsences({ id, token }, tolerated) {
      const argument = { ...tolerated, lease: { id, token } };
      return checked(judged, await statements.call('judge_absences', argument)) ?? 'stopped';
    },
    askAboutAbsent: ({ id, token }, most) => step('ask_about_absent', { lease: { id, token }, most }),
    async decideAbsences(id, decision) {
      return checked(v.boolean(), await statements.call('decide_absences', { id, ...decision }));
    },
    async settleAbsences(most) {
      return checked(v.boolean(), await statements.call('settle_absences', { most }));
    },
    async cancelReconciliation(id, by) {
      return checked(v.boolean(), await statements.call('cancel_reconciliation', { id, by }));
    },
    async readReconciliation(id) {
      return (
        checked(reconciliations, await statements.call('read_reconciliations', { id, limit: 1 }))[0] ?? null
      );
    },
    async readReconciliations(before, limit) {
      return checked(reconciliations, await statements.call('read_reconciliations', { before, limit }));
    },
    async readDrift(id, after, limit) {
      return checked(drift, await statements.call('read_drift', { id, after, limit }));
    },
  };
}
