import * as v from 'valibot';
import { type OwedEffect, SHARED_LOSS_CAUSES } from '../../domain/effects.ts';
import { isOrganizationId, isUserId, type OrganizationId, type UserId } from '../../domain/ids.ts';
import {
  type Committed,
  type LeasedEffect,
  type Settled,
  type Store,
  StoreUnavailable,
} from '../../pipeline/ports.ts';
import { checked } from './checked.ts';
import { type Statements, StoreMoved } from './client.ts';
import { commitPayload } from './commit.ts';
import { learn, type Memory, presume, remember } from './memory.ts';
import { compiledPolicy } from './policy-rows.ts';
import { factsFromRows, reading as readingRows } from './rows.ts';
import { standing, standingFromRows } from './standing.ts';

const texts = v.array(v.string());
const committed = v.union([
  v.object({ revision: v.nullable(v.number()), owed: v.number() }),
  v.object({ moved: v.literal(true) }),
]);

/** `effects.loss`, checked: a later version of the code may have written it. */
const loss = v.object({
  cause: v.picklist(SHARED_LOSS_CAUSES),
  at: v.number(),
  roles: v.record(
    v.string(),
    v.object({ scope: v.string(), grants: texts, featured: v.record(v.string(), texts) }),
  ),
  features: v.record(v.string(), texts),
  policy: v.nullable(v.pick(compiledPolicy, ['scopes', 'firstMembers'])),
});

const leased = v.array(
  v.object({
    id: v.number(),
    kind: v.picklist([
      'revoke_sessions',
      'revoke_holders',
      'lookup_member',
      'lookup_user',
      'lookup_organization',
      'lookup_roles',
      'check_constraints',
    ]),
    organizationId: v.string(),
    userId: v.string(),
    cutoff: v.nullable(v.number()),
    onlyWhenLast: v.boolean(),
    lane: v.picklist(['removal', 'lookup', 'reduction', 'bulk']),
    attempts: v.number(),
    generation: v.number(),
    progress: v.number(),
    loss: v.nullable(loss),
    reached: v.nullable(v.string()),
    leaseToken: v.string(),
    deliveryId: v.nullable(v.string()),
    reconciliationId: v.nullable(v.number()),
    calls: v.number(),
  }),
);

const holders = v.object({
  holders: v.array(
    v.object({
      organizationId: v.custom<OrganizationId>(isOrganizationId),
      userId: v.custom<UserId>(isUserId),
      wasFirst: v.boolean(),
    }),
  ),
  reached: v.nullable(v.string()),
  more: v.boolean(),
});

const settled = v.picklist(['done', 'dead', 'retry', 'again', 'lost_lease']);

const readiness = v.object({
  schemaVersion: v.number(),
  oldestCode: v.number(),
  providerInstance: v.nullable(v.string()),
  restoringSince: v.nullable(v.string()),
});

/** The one store: every method is one statement, and no transaction is open between two. */
export function postgresStore(statements: Statements, memory: Memory): Store {
  return {
    async read(keys) {
      const seen = memory.seenPolicy;
      const request = { ...keys, policyDigest: seen?.digest ?? null };
      const read = checked(readingRows, await statements.call('read_facts', request));
      const policy = read.policy ?? (read.policyDigest === null ? null : (seen?.policy ?? null));
      if (read.policyDigest !== null && policy !== null)
        memory.seenPolicy = { digest: read.policyDigest, policy };
      const { facts, rowVersions } = factsFromRows(read.facts, policy);
      const reading = {
        facts,
        basis: { catalogVersion: read.catalogVersion, rowVersions, presumed: false },
        providerInstance: read.providerInstance,
        deliveries: new Map(read.deliveries.map((held) => [held.id, held.sha256])),
      };
      remember(memory, keys, reading);
      return reading;
    },

    presume: (keys) => presume(memory, keys),

    async commit(commit) {
      const payload = commitPayload(commit);
      if (payload === null) return { revision: null, owed: 0 };
      const answer = await commitUnlessMoved(statements, payload);
      if (commit.basis.presumed) learn(memory, answer !== 'moved');
      return answer;
    },

    async leaseEffects(request) {
      const rows = checked(leased, await statements.call('lease_effects', request));
      return rows.map(
        (row): LeasedEffect => ({
          id: row.id,
          effect: effectFromRow(row),
          attempts: row.attempts,
          generation: row.generation,
          progress: row.progress,
          reached: row.reached,
          leaseToken: row.leaseToken,
          deliveryId: row.deliveryId,
          reconciliationId: row.reconciliationId,
          calls: row.calls,
        }),
      );
    },

    async settleEffect({ id, leaseToken, generation, calls: granted }, ended, calls): Promise<Settled> {
      const settlement = { id, leaseToken, generation, granted, calls, ...ended };
      return checked(settled, await statements.call('settle_effect', settlement));
    },

    async readHolders(page) {
      return checked(holders, await statements.call('read_holders', page));
    },

    async oweRevocations({ id, leaseToken }, reached, users) {
      return checked(
        v.boolean(),
        await statements.call('owe_revocations', { id, leaseToken, reached, users }),
      );
    },

    async isMemberAnywhere(userId) {
      return checked(v.boolean(), await statements.call('is_member_anywhere', { userId }));
    },

    async checkConstraints(organizationId) {
      await statements.call('check_constraints', { organizationId });
    },

    async readStanding(keys) {
      return standingFromRows(checked(standing, await statements.call('read_standing', keys)));
    },

    async pinInstance(providerInstance) {
      await commitUnlessMoved(statements, { pin: providerInstance });
    },

    async readReadiness() {
      return checked(readiness, await statements.call('read_readiness', {}));
    },
  };
}

async function commitUnlessMoved(statements: Statements, payload: object): Promise<Committed | 'moved'> {
  try {
    const answer = checked(committed, await statements.call('commit_decision', payload));
    return 'moved' in answer ? 'moved' : answer;
  } catch (error) {
    // Of a deadlock, which Postgres ends at the cost of one.
    if (error instanceof StoreMoved) return 'moved';
    throw error;
  }
}

function effectFromRow(row: v.InferOutput<typeof leased>[number]): OwedEffect {
  const { kind, userId, organizationId } = row;
  if (kind === 'lookup_roles') return { kind };
  if (kind === 'lookup_organization' || kind === 'check_constraints') {
    if (!isOrganizationId(organizationId)) throw new StoreUnavailable('an effect without an organization');
    return kind === 'lookup_organization' ? { kind, organizationId } : { kind, organizationId, settleMs: 0 };
  }
  if (kind === 'revoke_holders') return holdersFromRow(row);
  if (!isUserId(userId)) throw new StoreUnavailable('an effect without a user');
  if (kind === 'lookup_user') return { kind, userId };
  if (kind === 'lookup_member') {
    if (!isOrganizationId(organizationId)) throw new StoreUnavailable('an effect without an organization');
    return { kind, organizationId, userId };
  }
  return { kind, lane: row.lane, userId, cutoff: row.cutoff ?? 0, onlyWhenLast: row.onlyWhenLast };
}

function holdersFromRow({ organizationId, cutoff, loss }: v.InferOutput<typeof leased>[number]): OwedEffect {
  if (loss === null) throw new StoreUnavailable('an effect without what was lost');
  const { cause, at, ...before } = loss;
  const organization = isOrganizationId(organizationId) ? organizationId : null;
  return { kind: 'revoke_holders', cause, organizationId: organization, cutoff: cutoff ?? 0, at, before };
}
