import { joinEffects, type OwedEffect, subjectOf } from '../../../src/domain/effects.ts';
import type { Facts } from '../../../src/domain/facts.ts';
import { losersAmong } from '../../../src/domain/losers.ts';
import { ORGANIZATIONS, USERS } from './commands.ts';
import { allows } from './holding.ts';
import { readAccess } from './reading.ts';
import type { Step, Watcher } from './simulation.ts';
import type { Store } from './store.ts';
import { organizationId, userId } from './world.ts';

const PAIRS = USERS.flatMap((user) => ORGANIZATIONS.map((organization) => ({ user, organization })));

/**
 * Whom a role or a feature takes something from, and nobody else, is found by the effects that are owed for it: judged by
 * what readers were told before and are told afterwards.
 */
export class SharedLossesAreFound implements Watcher {
  #before: Facts | null = null;

  before(_: Pick<Step, 'items'>, { tables }: Store): void {
    this.#before = copied(tables);
  }

  after({ changes, effects }: Step, { tables }: Store): void {
    const before = this.#before;
    if (before === null) return;
    const owed = joined(effects);
    for (const { user, organization } of PAIRS) {
      const [had, has] = [readAccess(before, organization, user), readAccess(tables, organization, user)];
      // What the pair, the user or the whole organization lost by news of their own, those changes say.
      const own = changes.some(
        (change) =>
          (change.userId === user && [null, organization].includes(change.organizationId)) ||
          change.kind === 'organization_deleted',
      );
      if (own || had === null || has === null) continue;
      if (before.users.get(user)?.suspended || tables.users.get(user)?.suspended) continue;
      const lost = had.permissions.some((text) => !allows(has.permissions, text));
      const pair = { organizationId: organizationId(organization), userId: userId(user), wasFirst: false };
      const found = owed.some(
        (effect) =>
          effect.kind === 'revoke_holders' &&
          (effect.organizationId === null || effect.organizationId === organization) &&
          losersAmong(tables, effect.before, [pair]).length > 0,
      );
      if (lost !== found) {
        const [was, is] = [had.permissions, has.permissions].map((held) => `[${held.join()}]`);
        throw new Error(
          `${user} in ${organization} had ${was}, has ${is}, and is ${found ? '' : 'not '}found`,
        );
      }
    }
  }
}

/** As one commit owes them. */
function joined(effects: readonly OwedEffect[]): OwedEffect[] {
  const bySubject = new Map<string, OwedEffect>();
  for (const effect of effects) {
    const first = bySubject.get(subjectOf(effect));
    bySubject.set(subjectOf(effect), first === undefined ? effect : joinEffects(first, effect));
  }
  return [...bySubject.values()];
}

function copied(facts: Facts): Facts {
  return {
    users: new Map(facts.users),
    organizations: new Map(facts.organizations),
    roles: new Map(facts.roles),
    roleKeys: new Map(facts.roleKeys),
    permissions: new Map(facts.permissions),
    permissionKeys: new Map(facts.permissionKeys),
    memberships: new Map(facts.memberships),
    members: new Map(facts.members),
    sessions: new Map(facts.sessions),
    invitations: new Map(facts.invitations),
    policy: facts.policy,
  };
}
