import type { Facts } from '../../domain/facts.ts';
import { factKeys } from '../fact-keys.ts';
import type { AuditStore, PolicyStore, Provenance, Store } from '../ports.ts';
import {
  type AccessQuestion,
  type ActivePolicy,
  caseOf,
  isStanding,
  rolesOfPair,
} from './explanation/case.ts';
import { cutoffsOf, cutoffWords } from './explanation/cutoffs.ts';
import { membershipWords, obstacles } from './explanation/membership.ts';
import { pendingWords } from './explanation/pending.ts';
import { permissionWords } from './explanation/permission.ts';
import { type Because, isoTime } from './explanation/trail.ts';

export interface Explainer {
  readonly store: Pick<Store, 'read'>;
  readonly audit: Pick<AuditStore, 'readProvenance'>;
  readonly policies: Pick<PolicyStore, 'readActivePolicy'>;
}

/** Why somebody may, or may not. */
export interface Explanation {
  /** What `rolecall.has_permission` says, of the organization itself; null where no permission was asked about. */
  readonly answer: boolean | null;
  /** What decides first, what may change it last. */
  readonly because: readonly Because[];
  readonly role: string | null;
  /** Everything they hold, conditions and places included. */
  readonly permissions: readonly string[];
  /** Tokens issued at or before it are refused; ISO 8601. */
  readonly cutoff: string | null;
}

/** Answers "why can she?" and "why can she not?", down to the delivery that caused it. */
export async function explainAccess(explainer: Explainer, question: AccessQuestion): Promise<Explanation> {
  const { organizationId, userId } = question;
  const { facts } = await explainer.store.read({
    ...factKeys([], []),
    pairs: [[organizationId, userId]],
    users: [userId],
    organizations: [organizationId],
    catalog: true,
  });
  const roles = rolesOfPair(facts, question);
  const provenance = await explainer.audit.readProvenance({ organizationId, userId, roles });
  return explained(question, facts, await explainer.policies.readActivePolicy(), provenance);
}

/** The same from what was read; pure. */
function explained(
  question: AccessQuestion,
  facts: Facts,
  policy: ActivePolicy | null,
  provenance: Provenance,
): Explanation {
  const one = caseOf(question, facts, policy, provenance);
  const against = obstacles(one);
  const { permission } = question;
  const held = against.length === 0 ? one.access.permissions : [];
  const inRole = against.length > 0 || permission === null ? [] : permissionWords(one, permission);
  return {
    // A permission has no space in it: what is asked for cannot name a condition.
    answer: permission === null ? null : !permission.includes(' ') && held.includes(permission),
    because: [
      ...against,
      ...(isStanding(one) ? membershipWords(one) : []),
      ...inRole,
      ...cutoffWords(one),
      ...pendingWords(one),
    ],
    role: isStanding(one) ? one.access.role : null,
    permissions: held,
    cutoff: latestOf(cutoffsOf(one).map(({ at }) => at)),
  };
}

function latestOf(times: readonly number[]): string | null {
  const [latest] = times;
  return latest === undefined ? null : isoTime(latest);
}
