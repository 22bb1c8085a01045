import type { PolicyTools } from '../pipeline/policies/preview-policy.ts';
import { StoreRejected, StoreUnavailable } from '../pipeline/ports.ts';
import { fail } from './output.ts';

/** Does something with the database in DATABASE_URL, and says in plain words why it could not. */
export async function withPolicyTools<Result>(
  options: { readonly json?: true },
  act: (tools: PolicyTools) => Promise<Result>,
): Promise<Result> {
  const databaseUrl = process.env['DATABASE_URL'];
  if (databaseUrl === undefined || databaseUrl === '') fail(options, ['DATABASE_URL is missing']);
  // Only now: whoever asks for help need not wait for all of it.
  const { policyTools } = await import('../runtime/policy-tools.ts');
  const tools = policyTools(databaseUrl);
  try {
    return await act(tools);
  } catch (error) {
    return fail(options, [reasonOf(error)]);
  } finally {
    await tools.end();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof StoreUnavailable) return `the database cannot be used: ${error.message}`;
  if (error instanceof StoreRejected && error.about === 'schema') {
    return 'the database schema does not fit this version: run rolecall migrate';
  }
  return error instanceof Error ? error.message : 'unknown error';
}
