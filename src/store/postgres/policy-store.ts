import * as v from 'valibot';
import { type PolicyStore, StoreUnavailable } from '../../pipeline/ports.ts';
import { checked } from './checked.ts';
import type { Statements } from './client.ts';
import { policyDocument } from './policy-rows.ts';

const record = {
  version: v.number(),
  name: v.string(),
  digest: v.string(),
  by: v.string(),
  reason: v.string(),
  at: v.string(),
};
const records = v.array(v.object(record));
const documents = v.array(v.object({ ...record, document: policyDocument }));

const count = v.number();
const holders = v.object({
  byRole: v.record(v.string(), count),
  members: count,
  losing: count,
  organizations: v.array(v.object({ organization: v.string(), members: count, losing: count })),
  sample: v.array(v.object({ organization: v.string(), user: v.string(), role: v.string() })),
});

const held = {
  id: v.number(),
  status: v.picklist(['waiting', 'approved', 'rejected']),
  difference: v.unknown(),
  by: v.string(),
  reason: v.string(),
  at: v.string(),
  decidedBy: v.nullable(v.string()),
  decisionReason: v.string(),
};
const holds = v.array(
  v.variant('kind', [
    v.object({
      ...held,
      kind: v.literal('policy'),
      payload: v.object({ policy: policyDocument, digest: v.string(), expected: v.number() }),
    }),
    v.object({ ...held, kind: v.literal('absences'), payload: v.object({ reconciliation: v.number() }) }),
  ]),
);

export function postgresPolicyStore(statements: Statements): PolicyStore {
  const policy = async (version: number | 'active') =>
    checked(documents, await statements.call('read_policies', { version }))[0] ?? null;
  const found = async (wanted: object) => checked(holds, await statements.call('read_holds', wanted));
  return {
    readActivePolicy: () => policy('active'),
    readPolicy: (version) => policy(version),
    async readPolicies() {
      return checked(records, await statements.call('read_policies', {}));
    },
    async countHolders(roles, losing, tolerated) {
      return checked(holders, await statements.call('count_holders', { roles, losing, ...tolerated }));
    },
    async raiseHold(hold) {
      // A bigint leaves the database as text.
      const id = Number(await statements.call('raise_hold', hold));
      if (!Number.isSafeInteger(id)) throw new StoreUnavailable('a hold without an id');
      return id;
    },
    readHolds: (status) => found({ status }),
    async readHold(id) {
      return (await found({ id }))[0] ?? null;
    },
    async rejectHold(id, by, reason) {
      return checked(v.boolean(), await statements.call('reject_hold', { id, by, reason }));
    },
  };
}
