import * as v from 'valibot';
import { LANES, SHARED_LOSS_CAUSES } from '../../domain/effects.ts';
import { EFFECT_STATUSES, type OperatorStore, TRY_RESULTS } from '../../pipeline/ports.ts';
import { checked } from './checked.ts';
import { bytesOfBase64, type Statements } from './client.ts';

const text = v.string();
const maybe = v.nullable(text);

/** Of `rolecall.delivery_entry`. */
export const entry = {
  id: text,
  source: text,
  type: maybe,
  organizationId: maybe,
  userId: maybe,
  outcome: text,
  reason: text,
  attempts: v.number(),
  dead: v.boolean(),
  receivedAt: text,
  committedAt: text,
  retryAt: maybe,
  kept: v.boolean(),
};

/** Of `rolecall.effect_entry`. */
export const effect = v.object({
  id: v.number(),
  kind: text,
  lane: v.picklist(LANES),
  organizationId: maybe,
  userId: maybe,
  cause: v.nullable(v.picklist(SHARED_LOSS_CAUSES)),
  roles: v.nullable(v.array(text)),
  cutoff: maybe,
  status: v.picklist(EFFECT_STATUSES),
  attempts: v.number(),
  lastError: maybe,
  tries: v.array(v.object({ at: text, result: v.picklist(TRY_RESULTS), error: maybe, calls: v.number() })),
  deliveryId: maybe,
  reconciliationId: v.nullable(v.number()),
  owedAt: text,
  dueAt: text,
  settledAt: maybe,
});

const position = v.object({ receivedAt: v.number(), id: text });
const deliveries = v.object({ deliveries: v.array(v.object(entry)), next: v.nullable(position) });
const effects = v.object({ effects: v.array(effect), next: v.nullable(v.number()) });

const delivery = v.nullable(
  v.object({
    ...entry,
    sha256: text,
    sentAt: maybe,
    body: v.nullable(v.pipe(text, v.transform(bytesOfBase64))),
    refusedAt: maybe,
    receivedToCommittedMs: v.number(),
    receivedToRefusedMs: v.nullable(v.number()),
    history: v.array(
      v.object({
        attempt: v.number(),
        cause: text,
        replay: v.nullable(v.number()),
        outcome: text,
        reason: text,
        at: text,
      }),
    ),
    changes: v.array(
      v.object({
        revision: v.number(),
        kind: text,
        organizationId: maybe,
        userId: maybe,
        agentId: maybe,
        role: maybe,
        permissions: v.array(text),
        cutoff: v.nullable(v.object({ of: text, id: text, at: text })),
        cause: text,
        at: text,
        recordedAt: text,
      }),
    ),
    effects: v.array(effect),
  }),
);

const retried = v.nullable(v.picklist(['owed', 'joined', 'done', 'observed']));

export function postgresOperatorStore(statements: Statements): OperatorStore {
  return {
    async listDeliveries(filter, before, limit) {
      const wanted = { ...filter, before, limit };
      return checked(deliveries, await statements.call('list_deliveries', wanted));
    },
    async readDelivery(id) {
      return checked(delivery, await statements.call('read_delivery', { id }));
    },
    async listEffects(status, before, limit) {
      return checked(effects, await statements.call('list_effects', { status, before, limit }));
    },
    async retryEffect(id, by) {
      return checked(retried, await statements.call('retry_effect', { id, by }));
    },
  };
}
