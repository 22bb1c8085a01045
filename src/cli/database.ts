import type { HoldTools } from '../pipeline/holds/decide-hold.ts';
import { type Conduct, MODES, StoreRejected, StoreUnavailable } from '../pipeline/ports.ts';
import type { auditTools } from '../runtime/audit-tools.ts';
import { CONSEQUENCES_PROBLEM, readConsequences } from '../runtime/consequences.ts';
import type { operatorTools } from '../runtime/operator-tools.ts';
import type { ReadingTools } from '../runtime/reading-tools.ts';
import type { reconcileTools } from '../runtime/reconcile-tools.ts';
import { readSchedule, SCHEDULE_PROBLEM } from '../runtime/schedule.ts';
import { context, Ended } from './context.ts';
import { fail } from './output.ts';

interface Format {
  readonly json?: true;
}

/** Does something with the policies in DATABASE_URL, and says in plain words why it could not. */
export function withPolicyTools<Result>(
  options: Format,
  act: (tools: HoldTools) => Promise<Result>,
): Promise<Result> {
  const conduct = conductOf(options);
  return withDatabase<HoldTools & { end(): Promise<void> }, Result>(options, act, async (databaseUrl) => {
    // Only now: whoever asks for help need not wait for all of it.
    const { policyTools } = await import('../runtime/policy-tools.ts');
    return policyTools(databaseUrl, conduct);
  });
}

/** The same with what holds now, only to be read. */
export function withReadingTools<Result>(
  options: Format,
  act: (tools: ReadingTools) => Promise<Result>,
): Promise<Result> {
  return withDatabase(options, act, async (databaseUrl) => {
    const { readingTools } = await import('../runtime/reading-tools.ts');
    return readingTools(databaseUrl);
  });
}

export type OperatorTools = ReturnType<typeof operatorTools>;

/** The same with what operators see and repair. The environment counts as it does for the server. */
export function withOperatorTools<Result>(
  options: Format,
  act: (tools: OperatorTools) => Promise<Result>,
): Promise<Result> {
  const conduct = conductOf(options);
  const everyMs = readSchedule(context().env['ROLECALL_RECONCILE_EVERY'] ?? '');
  if (everyMs === 'unreadable') return fail(options, [SCHEDULE_PROBLEM]);
  return withDatabase(options, act, async (databaseUrl) => {
    const { operatorTools } = await import('../runtime/operator-tools.ts');
    return operatorTools(databaseUrl, conduct, everyMs);
  });
}

export type ReconcileTools = ReturnType<typeof reconcileTools>;

/** The same with Clerk besides, by `CLERK_SECRET_KEY` and `CLERK_API_URL`. */
export async function withReconcileTools<Result>(
  options: Format,
  act: (tools: ReconcileTools) => Promise<Result>,
): Promise<Result> {
  const { env } = context();
  const { readClerkAccess } = await import('../runtime/clerk-access.ts');
  const access = readClerkAccess((name) => env[name]?.trim() ?? '');
  if (access.problems.length > 0) fail(options, access.problems);
  const conduct = conductOf(options);
  return withDatabase(options, act, async (databaseUrl) => {
    const { reconcileTools } = await import('../runtime/reconcile-tools.ts');
    return reconcileTools(databaseUrl, access, conduct);
  });
}

function conductOf(options: Format): Conduct {
  const { env } = context();
  const wanted = env['ROLECALL_MODE'] || 'enforce';
  const mode = MODES.find((known) => known === wanted);
  if (mode === undefined) return fail(options, ['ROLECALL_MODE must be enforce, observe or paused']);
  const consequences = readConsequences(env['ROLECALL_CONSEQUENCES'] ?? '');
  return consequences === null ? fail(options, [CONSEQUENCES_PROBLEM]) : { mode, consequences };
}

/** The same with who has what, since when and why. */
export function withAuditTools<Result>(
  options: Format,
  act: (tools: ReturnType<typeof auditTools>) => Promise<Result>,
): Promise<Result> {
  return withDatabase(options, act, async (databaseUrl) => {
    const { auditTools } = await import('../runtime/audit-tools.ts');
    return auditTools(databaseUrl);
  });
}

async function withDatabase<Tools extends { end(): Promise<void> }, Result>(
  options: Format,
  act: (tools: Tools) => Promise<Result>,
  open: (databaseUrl: string) => Promise<Tools>,
): Promise<Result> {
  const databaseUrl = context().env['DATABASE_URL'];
  if (databaseUrl === undefined || databaseUrl === '') fail(options, ['DATABASE_URL is missing']);
  const { databaseUrlProblem } = await import('../store/postgres/database-url.ts');
  const problem = databaseUrlProblem(databaseUrl);
  if (problem !== null) fail(options, [problem]);
  const tools = await open(databaseUrl);
  try {
    return await act(tools);
  } catch (error) {
    if (error instanceof Ended) throw error;
    return fail(options, [reasonOf(error)]);
  } finally {
    await tools.end();
  }
}

/** Why a command could not, in plain words. */
export function reasonOf(error: unknown): string {
  if (error instanceof StoreUnavailable)
    return `the database cannot be used: ${error.message} (rolecall doctor says why)`;
  if (error instanceof StoreRejected && error.about === 'schema') {
    return 'the database schema does not fit this version: run rolecall migrate';
  }
  return error instanceof Error ? error.message : 'unknown error';
}
