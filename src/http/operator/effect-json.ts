import type { EffectEntry } from '../../pipeline/ports.ts';

/** An effect, as the interface and the commands tell it. */
export function effectJson(effect: EffectEntry): object {
  return {
    id: effect.id,
    kind: effect.kind,
    lane: effect.lane,
    organization: effect.organizationId,
    user: effect.userId,
    cause: effect.cause,
    roles: effect.roles,
    cutoff: effect.cutoff,
    status: effect.status,
    attempts: effect.attempts,
    last_error: effect.lastError,
    tries: effect.tries,
    delivery: effect.deliveryId,
    reconciliation: effect.reconciliationId,
    owed_at: effect.owedAt,
    due_at: effect.dueAt,
    settled_at: effect.settledAt,
  };
}
