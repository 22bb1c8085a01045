import { isOrganizationId } from '../../../src/domain/ids.ts';
import type { ReconciliationRequest } from '../../../src/pipeline/ports.ts';
import type { Reconciler } from '../../../src/pipeline/reconcile/reconciler.ts';
import {
  runReconciliation,
  runReconciliations,
} from '../../../src/pipeline/reconcile/run-reconciliations.ts';
import { postgresReconciliationStore } from '../../../src/store/postgres/reconciliation-store.ts';
import type { Rig, Worker } from '../../support/rig.ts';

interface Wanted extends Partial<Omit<ReconciliationRequest, 'organizationId'>> {
  readonly organization?: string;
}

/** What reconciles through one worker. */
export function reconcilerOf(worker: Worker) {
  const reconciliations = postgresReconciliationStore(worker.statements);
  const reconciler: Reconciler & { readonly sleep: (ms: number) => Promise<void> } = {
    ...worker.dispatcher,
    reconciliations,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
  const forever = Number.POSITIVE_INFINITY;
  const start = ({ organization, ...wanted }: Wanted = {}) => {
    if (organization !== undefined && !isOrganizationId(organization)) throw new Error('not an id');
    const organizationId = organization ?? null;
    return reconciliations.startReconciliation({
      organizationId,
      dryRun: false,
      cause: 'operator',
      by: 'ann',
      reason: 'a test',
      ...wanted,
    });
  };
  return {
    reconciliations,
    reconciler,
    start,
    run: () => runReconciliations(reconciler, forever),
    /** Starts one and carries it out; what it found. */
    async reconcile(wanted: Wanted = {}) {
      const { id } = await start(wanted);
      await runReconciliation(reconciler, id, forever);
      const [reconciliation, drift] = await Promise.all([
        reconciliations.readReconciliation(id),
        reconciliations.readDrift(id, 0, 10_000),
      ]);
      if (reconciliation === null) throw new Error('it is gone');
      return { id, reconciliation, drift };
    },
  };
}

/** Every row that a decision can write. */
export async function everyFact({ sql }: Pick<Rig, 'sql'>) {
  return [
    await sql`select * from rolecall.memberships order by id`,
    await sql`select * from rolecall.pairs order by 1, 2`,
    await sql`select * from rolecall.users order by id`,
    await sql`select * from rolecall.organizations order by id`,
    await sql`select * from rolecall.roles order by id`,
    await sql`select * from rolecall.role_keys order by key`,
    await sql`select * from rolecall.changes order by revision`,
    await sql`select * from rolecall.effects order by id`,
    await sql`select * from rolecall.counter`,
  ];
}
