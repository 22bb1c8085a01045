import { applyPolicy } from '../../../src/pipeline/policies/apply-policy.ts';
import { resolvePolicy } from '../../../src/policy/index.ts';
import { policyDigest, policyTools } from '../../../src/runtime/policy-tools.ts';
import type { Running } from './rolecall.ts';

/** Makes the policy the active one, as `rolecall policy apply` does. */
export async function activate({ databaseUrl }: Running, definition: unknown): Promise<void> {
  const tools = policyTools(databaseUrl);
  try {
    const policy = resolvePolicy(definition);
    const applied = await applyPolicy(tools, {
      policy,
      digest: policyDigest(policy),
      by: 'test',
      reason: 'test',
    });
    if (applied.result !== 'applied') throw new Error(`the policy was not applied: ${applied.result}`);
  } finally {
    await tools.end();
  }
}

/** Tells Rolecall whatever has happened at Clerk since it was told last. */
export function teller(rolecall: Running): (change?: () => unknown) => Promise<void> {
  let told = 0;
  return async (change) => {
    change?.();
    const events = rolecall.clerk.outbox.slice(told);
    told += events.length;
    for (const event of events) {
      const { status, text } = await rolecall.post(event.body, { id: event.id });
      if (status !== 200) throw new Error(`${event.id} was refused: ${text}`);
    }
  };
}
