import type { Sql } from 'postgres';
import * as v from 'valibot';
import { type Get, judgeAccess } from './judge-access.ts';
import { judgeCutoffs } from './judge-cutoffs.ts';
import { judgeDeliveries } from './judge-deliveries.ts';
import { judgeSessions } from './judge-sessions.ts';
import { type Excessive, excessiveTokens, judgeTokens, UNHEARD } from './judge-tokens.ts';
import type { Evidence, Finding } from './run.ts';
import { Truth } from './truth.ts';

export interface Outside {
  /** Logged in as an app, and as the superuser who may look at what is private. */
  readonly reader: Sql;
  readonly auditor: Sql;
  readonly apps: { readonly get: Get; readonly post: (path: string, body: object) => Promise<unknown> };
}

const Evaluations = v.object({ evaluations: v.array(v.object({ decision: v.boolean() })) });
const AT_ONCE = 50;

/** Compares what Rolecall answers with what the provider's own history says. */
export async function judge(evidence: Evidence, { reader, auditor, apps }: Outside): Promise<Finding[]> {
  const truth = new Truth(evidence.history, evidence.lost, evidence.late);

  const evaluate = async (
    asked: readonly Excessive[],
    permission: (of: Excessive) => string | undefined,
  ): Promise<boolean[]> => {
    const decisions: boolean[] = [];
    for (let from = 0; from < asked.length; from += AT_ONCE) {
      const evaluations = asked.slice(from, from + AT_ONCE).map((token) => ({
        subject: { type: 'user', id: token.user },
        action: { name: permission(token) },
        resource: { type: 'organization', id: token.organization },
        context: { token: { session_id: UNHEARD, issued_at: token.issuedAt } },
      }));
      const said = v.parse(Evaluations, await apps.post('/access/v1/evaluations', { evaluations }));
      decisions.push(...said.evaluations.map(({ decision }) => decision));
    }
    return decisions;
  };

  return [
    ...(await judgeDeliveries(evidence, auditor)),
    ...(await judgeAccess(truth, reader, apps.get)),
    ...(await judgeTokens(excessiveTokens(truth, evidence), reader, evaluate, truth)),
    await judgeCutoffs(truth, auditor),
    ...(await judgeSessions(truth, evidence, auditor)),
  ];
}
