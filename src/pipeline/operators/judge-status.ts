import type { StatusFacts } from './status-facts.ts';
import type { Rule, Severity } from './status-rule.ts';
import { ACCESS_RULES } from './status-rules-access.ts';
import { CLERK_RULES } from './status-rules-clerk.ts';

const RULES: ReadonlyMap<string, Rule> = new Map(Object.entries({ ...ACCESS_RULES, ...CLERK_RULES }));

/** Every code that a problem may have. Programs rely on them. */
export const PROBLEM_CODES: readonly string[] = [...RULES.keys()];

export interface Problem {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly since: string | null;
  /** What to do, in this repository. */
  readonly runbook: string;
}

export interface Judgement {
  readonly state: 'green' | Severity;
  /** The red ones first. */
  readonly problems: readonly Problem[];
}

/** What is wrong, if anything. Pure: the same facts at the same time are always judged alike. */
export function judgeStatus(facts: StatusFacts, now: number): Judgement {
  const problems = [...RULES].flatMap(([code, { severity, runbook, judge }]): Problem[] => {
    const found = judge(facts, now);
    if (found === null) return [];
    return [{ code, severity, ...found, runbook: `docs/runbooks/${runbook}.md` }];
  });
  const red = problems.filter(({ severity }) => severity === 'red');
  const yellow = problems.filter(({ severity }) => severity === 'yellow');
  return {
    state: red.length > 0 ? 'red' : yellow.length > 0 ? 'yellow' : 'green',
    problems: [...red, ...yellow],
  };
}
