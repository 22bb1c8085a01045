import { coveredBy, type Grant, grantText } from '../../../src/domain/grant.ts';

// docs/feed.md, written down a second time as a reader would: it knows nothing of how Rolecall decides. What it answers is
// compared with rolecall.grants.

interface SentGrant {
  readonly permission: string;
  readonly only?: Grant['only'];
  readonly scope?: { readonly type: string; readonly id: string };
}
type Resource = { readonly role: string; readonly scope: { readonly type: string; readonly id: string } };
interface Holding {
  readonly role: string;
  readonly roles?: readonly Resource[];
}
interface Member extends Holding {
  readonly contested: boolean;
  readonly waiting: readonly Holding[];
}
interface Role {
  readonly scope: string;
  readonly grants: readonly SentGrant[];
  readonly featured: Readonly<Record<string, readonly SentGrant[]>>;
}
/** What is sent, line or change: only what is looked at. */
export interface Sent {
  readonly kind: string;
  readonly revision: number;
  readonly epoch: string;
  readonly organization: string;
  readonly user: string;
  readonly agent: string;
  readonly role: string | null;
  readonly roles?: readonly Resource[];
  readonly contested?: boolean;
  readonly waiting?: readonly Holding[];
  readonly suspended?: boolean;
  readonly scope: string;
  readonly scopes: Readonly<Record<string, { readonly organization_roles_reach: boolean }>>;
  readonly grants: readonly SentGrant[];
  readonly permissions: readonly SentGrant[];
  readonly featured?: Role['featured'];
  readonly features: readonly string[];
  readonly agents: Readonly<Record<string, readonly string[]>>;
  readonly members: number;
  readonly cutoff?: string | null | { readonly of: string; readonly id: string; readonly at: string };
}

/** A copy of who may do what: a snapshot, and the changes since. */
export class Replica {
  epoch = '';
  revision = -1;
  /** A policy was activated: another snapshot is needed. */
  outdated = false;
  readonly #reach = new Map<string, boolean>();
  readonly #roles = new Map<string, Role>();
  readonly #features = new Map<string, readonly string[]>();
  readonly #agents = new Map<string, readonly string[]>();
  readonly #members = new Map<string, Member>();
  readonly #suspended = new Set<string>();
  readonly #cutoffs = new Map<string, number>();

  static of(ndjson: string): Replica {
    const replica = new Replica();
    const lines = ndjson
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Sent);
    const last = lines.pop();
    for (const line of lines) replica.#line(line);
    if (last?.kind !== 'end' || last.revision !== replica.revision)
      throw new Error('a snapshot without an end');
    if (last.members !== replica.#members.size) throw new Error(`${last.members} members were announced`);
    return replica;
  }

  #line(line: Sent): void {
    const { kind, organization, user } = line;
    const raise = (of: string, id: string) => {
      if (typeof line.cutoff === 'string') this.#raise(of, id, line.cutoff);
    };
    if (kind === 'snapshot') {
      this.epoch = line.epoch;
      this.revision = line.revision;
      for (const [type, one] of Object.entries(line.scopes))
        this.#reach.set(type, one.organization_roles_reach);
    } else if (kind === 'role' && line.role !== null) {
      this.#roles.set(line.role, { scope: line.scope, grants: line.grants, featured: line.featured ?? {} });
      raise('role', line.role);
    } else if (kind === 'organization') {
      this.#features.set(organization, line.features);
      for (const [id, tools] of Object.entries(line.agents)) this.#agents.set(`${organization} ${id}`, tools);
      raise('organization', organization);
    } else if (kind === 'member') {
      this.#put(line);
      raise('member', `${organization}/${user}`);
    } else if (kind === 'former_member') raise('member', `${organization}/${user}`);
    else if (kind === 'user') {
      if (line.suspended === true) this.#suspended.add(user);
      raise('user', user);
    } else if (kind !== 'session') throw new Error(`a line of kind ${kind}`);
  }

  take(change: Sent): void {
    if (change.revision <= this.revision) throw new Error(`${change.revision} after ${this.revision}`);
    this.revision = change.revision;
    const { kind, organization, user, cutoff } = change;
    if (typeof cutoff === 'object' && cutoff !== null) this.#raise(cutoff.of, cutoff.id, cutoff.at);
    switch (kind) {
      case 'granted':
      case 'reduced':
      case 'removed':
      case 'withheld':
      case 'cut_off':
        return this.#put(change);
      case 'role_changed':
        if (change.role === null) throw new Error('a role without a key');
        this.#roles.set(change.role, {
          scope: change.scope,
          grants: change.permissions,
          featured: change.featured ?? {},
        });
        return;
      case 'policy_changed':
        this.outdated = true;
        return;
      case 'features_changed':
        this.#features.set(organization, change.features);
        return;
      case 'agent_changed':
        this.#agents.set(
          `${organization} ${change.agent}`,
          change.permissions.map(({ permission }) => permission),
        );
        return;
      case 'suspended':
        this.#suspended.add(user);
        return;
      case 'restored':
        this.#suspended.delete(user);
        return;
      case 'user_deleted':
        return this.#drop((member) => member.endsWith(` ${user}`));
      case 'organization_deleted':
        return this.#drop((member) => member.startsWith(`${organization} `));
      case 'password_changed':
      case 'session_ended':
        return;
      default:
        throw new Error(`a change of kind ${kind}`);
    }
  }

  #put({ organization, user, role, roles = [], contested = false, waiting = [], suspended }: Sent): void {
    if (suspended === true) this.#suspended.add(user);
    const key = `${organization} ${user}`;
    if (role === null) this.#members.delete(key);
    else this.#members.set(key, { role, roles, contested, waiting });
  }

  #drop(which: (key: string) => boolean): void {
    for (const key of [...this.#members.keys(), ...this.#agents.keys()]) {
      if (!which(key)) continue;
      this.#members.delete(key);
      this.#agents.delete(key);
    }
  }

  #raise(of: string, id: string, at: string): void {
    const key = `${of} ${id}`;
    this.#cutoffs.set(key, Math.max(this.#cutoffs.get(key) ?? 0, Date.parse(at)));
  }

  /** `organization user role`, and whether suspended. */
  members(): string[] {
    return [...this.#members]
      .map(
        ([key, { role }]) =>
          `${key} ${role}${this.#suspended.has(key.split(' ')[1] ?? '') ? ' suspended' : ''}`,
      )
      .sort();
  }

  /** `organization user` → the latest cutoff that concerns them, 0 for none. */
  cutoffs(): Map<string, number> {
    return new Map(
      [...this.#members].map(([key, member]) => {
        const [organization = '', user = ''] = key.split(' ');
        const held = [member, ...member.waiting].flatMap(({ role, roles = [] }) => [
          role,
          ...roles.map((one) => one.role),
        ]);
        const of = [
          `member ${organization}/${user}`,
          `user ${user}`,
          `organization ${organization}`,
          ...held.map((role) => `role ${role}`),
        ];
        return [key, Math.max(0, ...of.map((one) => this.#cutoffs.get(one) ?? 0))];
      }),
    );
  }

  /** Everything that anybody holds, a line each. */
  grants(): string[] {
    const users = [...this.#members].flatMap(([key, member]) => {
      const [organization = '', user = ''] = key.split(' ');
      if (this.#suspended.has(user)) return [];
      return this.#heldBy(organization, member).map((grant) => `${organization} user ${user} ${grant}`);
    });
    const agents = [...this.#agents].flatMap(([key, tools]) =>
      tools.map((tool) => `${key.replace(' ', ' agent ')} ${tool}`),
    );
    return [...users, ...agents].sort();
  }

  #heldBy(organization: string, { contested, waiting, ...own }: Member): string[] {
    if (contested) return [];
    const held = waiting.reduce(
      (left, other) => left.filter(coveredBy(this.#grantedBy(organization, other))),
      this.#grantedBy(organization, own),
    );
    return narrowest(held);
  }

  #grantedBy(organization: string, { role, roles = [] }: Holding): string[] {
    const outright = this.#ofRole(organization, role, 'organization');
    const reached = [...this.#reach].flatMap(([type, reaches]) =>
      reaches ? placed(outright, { type, id: '*' }) : [],
    );
    const resources = roles.flatMap((one) =>
      placed(this.#ofRole(organization, one.role, one.scope.type), one.scope),
    );
    return [
      ...outright.map((grant) => grantText({ only: null, ...grant, scope: null })),
      ...reached,
      ...resources,
    ];
  }

  #ofRole(organization: string, key: string, scope: string): readonly SentGrant[] {
    const role = this.#roles.get(key);
    if (role?.scope !== scope) return [];
    const on = (this.#features.get(organization) ?? []).flatMap((feature) =>
      Object.hasOwn(role.featured, feature) ? (role.featured[feature] ?? []) : [],
    );
    return [...role.grants, ...on];
  }
}

function placed(
  grants: readonly SentGrant[],
  scope: { readonly type: string; readonly id: string },
): string[] {
  return grants.map((grant) => grantText({ only: null, ...grant, scope }));
}

/** Without what is held more widely anyhow: that is said or left out as it comes. */
export function narrowest(texts: readonly string[]): string[] {
  const all = [...new Set(texts)];
  return all.filter((text) => !coveredBy(all.filter((other) => other !== text))(text));
}
