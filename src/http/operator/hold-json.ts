import type { Hold } from '../../pipeline/ports.ts';

/** A hold, as the interface and the commands tell it. */
export function holdJson(hold: Hold): object {
  return {
    id: hold.id,
    kind: hold.kind,
    status: hold.status,
    name: hold.kind === 'policy' ? hold.payload.policy.name : null,
    difference: hold.difference,
    by: hold.by,
    reason: hold.reason,
    at: hold.at,
    decided_by: hold.decidedBy,
    decision_reason: hold.decisionReason,
  };
}
