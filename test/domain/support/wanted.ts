import { holdingsOf, rolesIn } from '../../../src/domain/access.ts';
import type { Item } from '../../../src/domain/decide/decide.ts';
import type { Facts } from '../../../src/domain/facts.ts';
import { pairKey } from '../../../src/domain/ids.ts';

/** Which rows come along, as `factKeys` asks for them and `rolecall.read_facts` hands them out. */
export class Wanted {
  readonly #tables: Facts;
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

  constructor(tables: Facts) {
    this.#tables = tables;
  }

  want(evidence: Item['evidence'][number]): void {
    switch (evidence.kind) {
      case 'membership':
        if (evidence.userSuspended !== null) this.#keys.users.add(evidence.userId);
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
        if (evidence.inviterId !== null) {
          this.#keys.members.add(pairKey(evidence.organizationId, evidence.inviterId));
        }
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
    this.#addFeaturedRoles();
    this.#addPairs();
    const { memberships, members, roleKeys, ...others } = this.#keys;
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
    const tables = this.#tables;
    const owners = new Set([...roleKeys].map((key) => tables.roleKeys.get(key)?.roleId ?? ''));
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

  /** What a feature takes along when it is switched off, the roles tell whose grants hang on one. */
  #addFeaturedRoles(): void {
    const { policy, roleKeys } = this.#tables;
    if (policy?.readsOrganizations !== true || this.#keys.organizations.size === 0) return;
    for (const { key, featured } of roleKeys.values()) {
      if (Object.keys(featured).length > 0) this.#keys.roleKeys.add(key);
    }
  }

  /** Of a deletion that names the membership alone, and of everybody who was among the first. */
  #addPairs(): void {
    const { policy } = this.#tables;
    const { members, memberships, organizations, roleKeys } = this.#keys;
    for (const id of memberships) {
      const row = this.#tables.memberships.get(id);
      if (row !== undefined && row.organizationId !== null && row.userId !== null) {
        members.add(pairKey(row.organizationId, row.userId));
      }
    }
    const touched = new Set([...members].map((pair) => pair.slice(0, pair.indexOf('/'))));
    const first = policy?.firstMembers ?? null;
    if (first !== null && touched.size > 0) roleKeys.add(first.role);
    for (const organization of touched) {
      if (first !== null || policy?.readsOrganizations === true) organizations.add(organization);
      if (first !== null) for (const pair of this.#firstOf(organization, first.count)) members.add(pair);
    }
  }

  #firstOf(organization: string, count: number): string[] {
    return [...this.#tables.members]
      .filter(([, { organizationId }]) => organizationId === organization)
      .sort(([, a], [, b]) => a.firstJoinedAt - b.firstJoinedAt || (a.userId < b.userId ? -1 : 1))
      .slice(0, count)
      .map(([pair]) => pair);
  }
}

function only<Row>(
  rows: ReadonlyMap<string, Row>,
  keep: (row: Row, key: string) => boolean,
): Map<string, Row> {
  return new Map([...rows].filter(([key, row]) => keep(row, key)));
}
