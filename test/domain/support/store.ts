import type { CompiledPolicy } from '../../../src/domain/compiled-policy.ts';
import type { Decision, Item } from '../../../src/domain/decide/decide.ts';
import { decidePolicy } from '../../../src/domain/decide/policy.ts';
import { type OwedEffect, subjectOf } from '../../../src/domain/effects.ts';
import type { Facts } from '../../../src/domain/facts.ts';
import { Wanted } from './wanted.ts';

type Tables = {
  [Name in Exclude<keyof Facts, 'policy'>]: Facts[Name] extends ReadonlyMap<string, infer Row>
    ? Map<string, Row>
    : never;
} & { policy: CompiledPolicy | null };

/**
 * The database, without the database: it reads what the read function would hand out (and nothing else, so that a
 * decision which needs more is caught), and writes what a decision drafted (and nothing else).
 */
export class Store {
  readonly tables: Tables = {
    users: new Map(),
    organizations: new Map(),
    roles: new Map(),
    roleKeys: new Map(),
    permissions: new Map(),
    permissionKeys: new Map(),
    memberships: new Map(),
    members: new Map(),
    sessions: new Map(),
    invitations: new Map(),
    policy: null,
  };
  /** One for each subject, as the effects table has it. */
  readonly owed = new Map<string, OwedEffect>();

  /** @param policy what is active from before the first message. */
  constructor(policy: CompiledPolicy | null = null) {
    if (policy !== null) this.activate(policy, 0);
  }

  /** As the store carries out an activation: the roles as the decision left them, and the clock's say in cutoffs. */
  activate(policy: CompiledPolicy, clock: number): void {
    const { draft } = decidePolicy(this.tables, policy, clock);
    this.commit({ items: [], draft }, clock);
    this.tables.policy = policy;
  }

  read(items: readonly Item[]): Facts {
    const wanted = new Wanted(this.tables);
    for (const item of items) for (const evidence of item.evidence) wanted.want(evidence);
    return wanted.facts();
  }

  /** Returns what it takes to write: the rows, and the clock's say in cutoffs that reach members unseen. */
  commit(decision: Decision, clock: number): void {
    const { tables } = this;
    const { draft } = decision;
    for (const [key, row] of draft.users.written) tables.users.set(key, row);
    for (const [key, row] of draft.organizations.written) tables.organizations.set(key, row);
    for (const [key, row] of draft.roles.written) tables.roles.set(key, row);
    for (const [key, row] of draft.roleKeys.written) tables.roleKeys.set(key, row);
    for (const [key, row] of draft.permissions.written) tables.permissions.set(key, row);
    for (const [key, row] of draft.permissionKeys.written) tables.permissionKeys.set(key, row);
    for (const [key, row] of draft.memberships.written) tables.memberships.set(key, row);
    for (const [key, row] of draft.members.written) tables.members.set(key, row);
    for (const [key, row] of draft.sessions.written) tables.sessions.set(key, row);
    for (const [key, row] of draft.invitations.written) tables.invitations.set(key, row);
    for (const { cutoff } of draft.changes) {
      if (cutoff === null || !cutoff.notBeforeCommit) continue;
      if (cutoff.of === 'role') raise(tables.roleKeys, cutoff.id, clock);
      if (cutoff.of === 'organization') raise(tables.organizations, cutoff.id, clock);
    }
    for (const effect of draft.effects) this.owed.set(subjectOf(effect), effect);
  }
}

function raise<Row extends { readonly cutoff: number | null }>(
  rows: Map<string, Row>,
  key: string,
  at: number,
) {
  const row = rows.get(key);
  if (row !== undefined) rows.set(key, { ...row, cutoff: Math.max(row.cutoff ?? at, at) });
}
