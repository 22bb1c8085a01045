import { holdingsOf, rolesIn } from '../../../src/domain/access.ts';
import type { CompiledPolicy } from '../../../src/domain/compiled-policy.ts';
import type { Decision, Item } from '../../../src/domain/decide/decide.ts';
import { type OwedEffect, subjectOf } from '../../../src/domain/effects.ts';
import type { Facts } from '../../../src/domain/facts.ts';
import { pairKey } from '../../../src/domain/ids.ts';

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

/** Which rows come along, as the read function of the database has it. */
class Wanted {
  readonly #tables: Tables;
  readonly #keys = {
    users: new Set<string>(),
    organizations: new Set<string>(),
    memberships: new Set<string>(),
    members: new Set<string>(),
    sessions: new Set<string>(),
    invitations: new Set<string>(),
    roleKeys: new Set<string>(),
  };
  #catalog = false;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  want(evidence: Item['evidence'][number]): void {
    switch (evidence.kind) {
      case 'membership':
        this.#keys.users.add(evidence.userId);
        for (const role of rolesIn(evidence)) this.#keys.roleKeys.add(role);
        this.#keys.memberships.add(evidence.id);
        this.#keys.members.add(pairKey(evidence.organizationId, evidence.userId));
        break;
      case 'membership-deleted':
        this.#keys.memberships.add(evidence.id);
        if (evidence.identity !== null) {
          this.#keys.members.add(pairKey(evidence.identity.organizationId, evidence.identity.userId));
        }
        break;
      case 'membership-absent':
        this.#keys.members.add(pairKey(evidence.organizationId, evidence.userId));
        break;
      case 'user':
      case 'user-deleted':
        this.#keys.users.add(evidence.id);
        break;
      case 'organization':
      case 'organization-deleted':
        this.#keys.organizations.add(evidence.id);
        break;
      case 'invitation':
        this.#keys.invitations.add(evidence.id);
        break;
      case 'session':
      case 'session-ended':
        this.#keys.sessions.add(evidence.id);
        break;
      case 'role':
      case 'role-deleted':
      case 'permission':
      case 'permission-deleted':
        this.#catalog = true;
    }
  }

  facts(): Facts {
    const { memberships, members, roleKeys, ...others } = this.#keys;
    for (const id of memberships) {
      const row = this.#tables.memberships.get(id);
      if (row !== undefined && row.organizationId !== null && row.userId !== null) {
        members.add(pairKey(row.organizationId, row.userId));
      }
    }
    for (const pair of members) {
      const row = this.#tables.members.get(pair);
      if (row !== undefined) memberships.add(row.membershipId);
    }
    for (const id of memberships) {
      const row = this.#tables.memberships.get(id);
      for (const holding of row === undefined ? [] : holdingsOf(row)) {
        for (const role of rolesIn(holding)) roleKeys.add(role);
      }
    }
    const owners = new Set([...roleKeys].map((key) => this.#tables.roleKeys.get(key)?.roleId ?? ''));
    const { tables } = this;
    const all = this.#catalog;
    return {
      users: only(tables.users, (_, key) => others.users.has(key)),
      organizations: only(tables.organizations, (_, key) => others.organizations.has(key)),
      sessions: only(tables.sessions, (_, key) => others.sessions.has(key)),
      memberships: only(tables.memberships, (_, key) => memberships.has(key)),
      members: only(tables.members, (_, key) => members.has(key)),
      roles: only(tables.roles, (_, key) => all || owners.has(key)),
      roleKeys: only(tables.roleKeys, (_, key) => all || roleKeys.has(key)),
      permissions: only(tables.permissions, () => all),
      permissionKeys: only(tables.permissionKeys, (row) => all || row.deletedAt !== null),
      invitations: only(tables.invitations, (_, key) => others.invitations.has(key)),
      policy: tables.policy,
    };
  }

  get tables(): Tables {
    return this.#tables;
  }
}

function only<Row>(
  rows: ReadonlyMap<string, Row>,
  keep: (row: Row, key: string) => boolean,
): Map<string, Row> {
  return new Map([...rows].filter(([key, row]) => keep(row, key)));
}
