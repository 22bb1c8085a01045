import type { Verdict } from '../domain/decide/context.ts';
import type { Evidence } from '../domain/evidence.ts';
import { type Decider, decideAndCommit } from './decide-and-commit.ts';

/** What the provider answered, on the same path as what it pushes. The verdict `held` says: ask again later. */
export async function observe(
  decider: Decider,
  evidence: readonly Evidence[],
  cause: string,
  delivery: string | null,
): Promise<Verdict | null> {
  const item = { evidence, questions: [], observed: true, repeated: false };
  const result = await decideAndCommit(decider, { deliveries: [], items: [item] }, () => ({
    causes: [{ item, delivery, cause }],
    commit: () => ({ deliveries: [], pin: null }),
  }));
  return result?.decided[0]?.verdict ?? null;
}
