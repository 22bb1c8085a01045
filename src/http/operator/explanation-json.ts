import type { Explanation } from '../../pipeline/operators/explain-access.ts';
import type { AccessQuestion } from '../../pipeline/operators/explanation/case.ts';

/** Why somebody may or may not, as the interface and the command tell it. */
export function explanationJson(question: AccessQuestion, explanation: Explanation): object {
  return {
    user: question.userId,
    organization: question.organizationId,
    permission: question.permission,
    answer: explanation.answer,
    because: explanation.because,
    role: explanation.role,
    permissions: explanation.permissions,
    cutoff: explanation.cutoff,
  };
}
