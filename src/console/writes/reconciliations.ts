import * as v from 'valibot';
import { isOrganizationId } from '../../domain/ids.ts';
import { beginReconciliation } from '../../http/operator/begin-reconciliation.ts';
import { readNumber } from '../../http/operator/number.ts';
import { reason } from '../../http/operator/reason.ts';
import { write } from '../route.ts';

export const compare = write('/console/reconciliations', async ({ services, operator }, form) => {
  const organization = (form.get('organization') ?? '').trim();
  if (organization !== '' && !isOrganizationId(organization)) {
    return { failure: 'invalid_request', words: 'That is no id of an organization.' };
  }
  const dryRun = form.get('how') !== 'real';
  const given = v.safeParse(reason, form.get('reason') ?? '');
  if (!given.success || (!dryRun && given.output === '')) {
    return { failure: 'invalid_request', words: 'What repairs needs a reason, in one line.' };
  }
  const begun = await beginReconciliation(services, {
    organizationId: organization === '' ? null : organization,
    dryRun,
    by: operator.name,
    reason: given.output,
  });
  if (begun === null) return { failure: 'calls_paused' };
  return { go: `/reconciliations/${begun.id}`, said: '' };
});

export const cancelComparison = write(
  '/console/reconciliations/:id/cancel',
  async ({ c, services, operator }) => {
    const { reconciliations } = services.reconciler;
    const id = readNumber(c.req.param('id'));
    if (id === null || (await reconciliations.readReconciliation(id)) === null)
      return { failure: 'not_found' };
    if (!(await reconciliations.cancelReconciliation(id, operator.name)))
      return { failure: 'reconciliation_ended' };
    services.log.info('reconciliation_cancelled', { reconciliation: id, by: operator.name });
    return { go: null, said: 'Cancelled. What was repaired stays repaired.' };
  },
);
