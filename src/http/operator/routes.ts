import { readMetrics } from '../metrics-route.ts';
import { reviewOrganization } from './access-review-routes.ts';
import { readActivity } from './activity-route.ts';
import { listAudit } from './audit-routes.ts';
import { listDeliveries, readDelivery } from './delivery-routes.ts';
import { listEffects, retryEffect } from './effect-routes.ts';
import { explainOne } from './explanation-routes.ts';
import { approve, listHolds, reject } from './hold-routes.ts';
import { listOrganizations } from './organizations-routes.ts';
import {
  cancelReconciliation,
  listReconciliations,
  readReconciliation,
  startReconciliation,
} from './reconciliation-routes.ts';
import { cancelReplay, listReplays, readReplay, startReplay } from './replay-routes.ts';
import { readStatus } from './status-route.ts';
import { pauseEffects, resumeEffects } from './upkeep-routes.ts';

/** What operators look at and repair. Every one asks for an operator's token first. */
export const OPERATOR_ROUTES = [
  { method: 'GET', path: '/operator/v1/status', handler: readStatus },
  { method: 'GET', path: '/operator/v1/activity', handler: readActivity },
  { method: 'GET', path: '/metrics', handler: readMetrics },
  { method: 'GET', path: '/operator/v1/deliveries', handler: listDeliveries },
  { method: 'GET', path: '/operator/v1/deliveries/:id', handler: readDelivery },
  { method: 'GET', path: '/operator/v1/effects', handler: listEffects },
  { method: 'POST', path: '/operator/v1/effects/:id/retry', handler: retryEffect },
  { method: 'POST', path: '/operator/v1/effects/pause', handler: pauseEffects },
  { method: 'POST', path: '/operator/v1/effects/resume', handler: resumeEffects },
  { method: 'GET', path: '/operator/v1/holds', handler: listHolds },
  { method: 'POST', path: '/operator/v1/holds/:id/approve', handler: approve },
  { method: 'POST', path: '/operator/v1/holds/:id/reject', handler: reject },
  { method: 'POST', path: '/operator/v1/replays', handler: startReplay },
  { method: 'GET', path: '/operator/v1/replays', handler: listReplays },
  { method: 'GET', path: '/operator/v1/replays/:id', handler: readReplay },
  { method: 'POST', path: '/operator/v1/replays/:id/cancel', handler: cancelReplay },
  { method: 'POST', path: '/operator/v1/reconciliations', handler: startReconciliation },
  { method: 'GET', path: '/operator/v1/reconciliations', handler: listReconciliations },
  { method: 'GET', path: '/operator/v1/reconciliations/:id', handler: readReconciliation },
  { method: 'POST', path: '/operator/v1/reconciliations/:id/cancel', handler: cancelReconciliation },
  { method: 'GET', path: '/operator/v1/audit', handler: listAudit },
  { method: 'GET', path: '/operator/v1/organizations', handler: listOrganizations },
  {
    method: 'GET',
    path: '/operator/v1/organizations/:organization/access-review',
    handler: reviewOrganization,
  },
  { method: 'GET', path: '/operator/v1/explanations', handler: explainOne },
] as const;
