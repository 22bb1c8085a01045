import { rolesIn } from '../../../src/domain/access.ts';
import type { Item } from '../../../src/domain/decide/decide.ts';
import type { Evidence } from '../../../src/domain/evidence.ts';
import { ORGANIZATIONS, USERS } from './commands.ts';
import type { History } from './history.ts';
import { allows, heldBy } from './holding.ts';
import { readAccess, rolesHeld } from './reading.ts';
import type { Step, Watcher } from './simulation.ts';
import type { Store } from './store.ts';
import { type Membership, membershipOf, type World } from './world.ts';

// What must hold at every single step, whatever arrived and whatever did not.

const LATE_MS = 5 * 60_000;

const PAIRS = USERS.flatMap((user) => ORGANIZATIONS.map((organization) => ({ user, organization })));

/** Cutoffs never decrease, and what was deleted stays deleted. */
export class NothingGoesBack implements Watcher {
  #cutoffs = new Map<string, number>();
  #deleted = new Set<string>();

  before(): void {}

  after(_: Step, { tables }: Store): void {
    const cutoffs = new Map<string, number>();
    for (const name of ['users', 'organizations', 'roleKeys', 'members'] as const) {
      for (const [key, row] of tables[name])
        if (row.cutoff !== null) cutoffs.set(`${name} ${key}`, row.cutoff);
    }
    for (const [of, cutoff] of this.#cutoffs) {
      if ((cutoffs.get(of) ?? 0) < cutoff) throw new Error(`the cutoff of ${of} went back from ${cutoff}`);
    }
    this.#cutoffs = cutoffs;
    const deleted = new Set<string>();
    for (const name of ['users', 'organizations', 'roles', 'permissions', 'memberships'] as const) {
      for (const [key, row] of tables[name]) if (row.deletedAt !== null) deleted.add(`${name} ${key}`);
    }
    for (const [key, row] of tables.sessions) if (row.endedAt !== null) deleted.add(`sessions ${key}`);
    for (const of of this.#deleted) if (!deleted.has(of)) throw new Error(`${of} came back to life`);
    this.#deleted = deleted;
  }
}

/** No cutoff of a member or user lies later than what the provider said about them, or the cutoff of a role left. */
export class CutoffsAreNoGuess implements Watcher {
  readonly #latest = new Map<string, number>();
  readonly #roles = new Map<string, Set<string>>();

  before({ items }: Pick<Step, 'items'>): void {
    for (const { evidence } of items) for (const told of evidence) this.#note(told);
  }

  after(_: Step, { tables }: Store): void {
    const first = tables.policy?.firstMembers ?? null;
    for (const [pair, row] of tables.members) {
      const named = [...(this.#roles.get(pair) ?? []), ...(first === null ? [] : [first.role])];
      const roles = named.map((key) => tables.roleKeys.get(key)?.cutoff ?? 0);
      // Whoever joined before somebody else is news of them both.
      const related = PAIRS.filter(
        ({ organization }) => first !== null && organization === row.organizationId,
      );
      const told = [pair, ...related.map(nameOf)].map((name) => this.#latest.get(name) ?? 0);
      const most = Math.max(...told, ...roles);
      if ((row.cutoff ?? 0) > most)
        throw new Error(`the cutoff of ${pair} lies ${(row.cutoff ?? 0) - most} ms late`);
    }
    for (const [user, row] of tables.users) {
      const most = this.#latest.get(user) ?? 0;
      if ((row.cutoff ?? 0) > most)
        throw new Error(`the cutoff of ${user} lies ${(row.cutoff ?? 0) - most} ms late`);
    }
  }

  #note(told: Evidence): void {
    const at = 'version' in told ? told.version.at : told.at;
    const of =
      told.kind === 'membership' || told.kind === 'membership-absent'
        ? `${told.organizationId}/${told.userId}`
        : told.kind === 'membership-deleted' && told.identity !== null
          ? `${told.identity.organizationId}/${told.identity.userId}`
          : told.kind === 'user' || told.kind === 'user-deleted'
            ? told.id
            : null;
    if (of === null) return;
    this.#latest.set(of, Math.max(this.#latest.get(of) ?? 0, at));
    if (told.kind === 'membership') {
      this.#roles.set(of, new Set([...(this.#roles.get(of) ?? []), ...rolesIn(told)]));
    }
  }
}

/** Nobody ever has what the provider never granted: not to them, and not to a role of that key. */
export class NothingIsInvented implements Watcher {
  readonly #history: History;
  #upTo = 0;

  constructor(history: History) {
    this.#history = history;
  }

  before({ items }: Pick<Step, 'items'>): void {
    for (const { evidence } of items) {
      for (const told of evidence)
        this.#upTo = Math.max(this.#upTo, 'version' in told ? told.version.at : told.at);
    }
  }

  after(_: Step, { tables }: Store): void {
    for (const { organization, user } of PAIRS) {
      const access = readAccess(tables, organization, user);
      if (access === null || access.permissions.length === 0) continue;
      const granted = this.#everGranted(organization, user);
      const invented = access.permissions.filter((text) => !granted.has(text));
      if (invented.length > 0)
        throw new Error(`${user} in ${organization} was never granted ${invented.join()}`);
    }
  }

  /** By any role that had a key which the member was ever known by. */
  #everGranted(organization: string, user: string): Set<string> {
    const worlds = this.#history.moments
      .filter((moment) => moment.at <= this.#upTo)
      .map((moment) => moment.world);
    const keys = new Set<string>();
    for (const world of worlds) {
      const role = world.roles.get(membershipOf(world, organization, user)?.roleId ?? '');
      if (role !== undefined) keys.add(role.key);
    }
    const roles = new Set(
      worlds.flatMap((world) =>
        [...world.roles.values()].filter((role) => keys.has(role.key)).map((role) => role.id),
      ),
    );
    const memberships = worlds.flatMap((world) => membershipOf(world, organization, user) ?? []);
    const held = (world: World) =>
      [...roles].flatMap((roleId) => {
        const places = new Set(memberships.map(({ workspaces }) => JSON.stringify(workspaces)));
        return memberships
          .filter(({ workspaces }) => places.delete(JSON.stringify(workspaces)))
          .flatMap((membership) => this.#heldAs(world, worlds, { ...membership, roleId }));
      });
    return new Set(worlds.flatMap(held));
  }

  /** With all that was ever on in the organization, and with the role of the first who joined, as it seemed once. */
  #heldAs(world: World, worlds: readonly World[], membership: Membership): readonly string[] {
    const { policy } = this.#history;
    const { organizationId } = membership;
    const features = worlds.flatMap((one) => one.organizations.get(organizationId)?.features ?? []);
    const organization = { id: organizationId, name: '', features: [...new Set(features)], updatedAt: 0 };
    const seemed = { ...world, organizations: new Map([[organizationId, organization]]) };
    const alone = { ...seemed, joined: new Map([[`${organizationId}/${membership.userId}`, 0]]) };
    const nobody = { ...seemed, joined: new Map() };
    return [alone, nobody].flatMap((one) => heldBy(one, policy, membership));
  }
}

/** What hung on a feature that was on, for all that anybody was told, is refused to every token from before. */
export class FeaturesCutOff implements Watcher {
  #before = new Map<string, readonly string[]>();

  before(_: Pick<Step, 'items'>, { tables }: Store): void {
    this.#before = new Map([...tables.organizations].map(([id, { features }]) => [id, features]));
  }

  after({ now }: Step, { tables }: Store): void {
    const matter = new Set([...tables.roleKeys.values()].flatMap(({ featured }) => Object.keys(featured)));
    for (const [id, { features, cutoff }] of tables.organizations) {
      const off = (this.#before.get(id) ?? []).filter((feature) => !features.includes(feature));
      if (off.some((feature) => matter.has(feature)) && (cutoff ?? 0) < now)
        throw new Error(`${id} lost ${off.join()}, and tokens from before are accepted`);
    }
  }
}

/** What is late, or comes by replay, gives nobody anything. */
export class LateNewsGivesNothing implements Watcher {
  #before: Map<string, readonly string[] | null> | null = null;
  #joined = new Map<string, number>();

  before({ items, now }: Pick<Step, 'items' | 'now'>, store: Store): void {
    this.#before = items.every((item) => isLate(item, now)) ? everybody(store) : null;
    this.#joined = firstJoined(store);
  }

  after(_: Step, store: Store): void {
    if (this.#before === null) return;
    const joined = firstJoined(store);
    for (const [pair, permissions] of everybody(store)) {
      if (permissions === null) continue;
      // Who joined before whom is over and done: no news takes it back.
      const [organization] = pair.split('/');
      if ([...joined].some(([one, at]) => one.startsWith(`${organization}/`) && this.#joined.get(one) !== at))
        continue;
      const had = this.#before.get(pair) ?? null;
      if (had === null) throw new Error(`late news made ${pair} a member`);
      const gained = permissions.filter((text) => !allows(had, text));
      if (gained.length > 0) throw new Error(`late news gave ${pair} ${gained.join()}`);
    }
  }
}

/** The changes are the feed that apps follow: nothing moves that they do not name. */
export class ChangesTellAll implements Watcher {
  #before = new Map<string, string>();

  before(_: Pick<Step, 'items'>, store: Store): void {
    this.#before = new Map(PAIRS.map((pair) => [nameOf(pair), JSON.stringify(readOf(store, pair))]));
  }

  after({ items, changes }: Step, store: Store): void {
    for (const pair of PAIRS) {
      const [name, access] = [nameOf(pair), readOf(store, pair)];
      const about = changes.filter(
        (change) => change.organizationId === pair.organization && change.userId === pair.user,
      );
      const told = about.at(-1);
      const held = drafted(store, pair).join();
      if (told !== undefined && items.length === 1 && told.permissions.join() !== held) {
        throw new Error(`a change says that ${name} has ${told.permissions.join()}, and it is ${held}`);
      }
      if (told !== undefined || this.#before.get(name) === JSON.stringify(access)) continue;
      const roles = store.tables.memberships.get(store.tables.members.get(name)?.membershipId ?? '');
      const above = changes.some(
        ({ organizationId, userId, role, kind }) =>
          (userId === pair.user && organizationId === null) ||
          (organizationId === pair.organization && userId === null) ||
          (kind === 'role_changed' &&
            (rolesHeld(roles).some((held) => held === role) ||
              role === store.tables.policy?.firstMembers?.role)),
      );
      if (!above)
        throw new Error(
          `no change tells of ${name}: ${this.#before.get(name)} became ${JSON.stringify(access)}`,
        );
    }
  }
}

type Pair = (typeof PAIRS)[number];

const nameOf = ({ organization, user }: Pair) => `${organization}/${user}`;

const readOf = ({ tables }: Store, { organization, user }: Pair) => readAccess(tables, organization, user);

/** What is granted through the membership: bans and deletions further up are changes of their own. */
function drafted({ tables }: Store, { organization, user }: Pair): readonly string[] {
  const living = [...tables.organizations].map(([id, row]) => [id, { ...row, deletedAt: null }] as const);
  const below = { ...tables, users: new Map(), organizations: new Map(living) };
  return readAccess(below, organization, user)?.permissions ?? [];
}

function isLate(item: Item, now: number): boolean {
  if (item.observed) return false;
  return item.evidence.every(
    (told) => item.repeated || now - ('version' in told ? told.version.at : told.at) > LATE_MS,
  );
}

function firstJoined({ tables }: Store): Map<string, number> {
  if ((tables.policy?.firstMembers ?? null) === null) return new Map();
  return new Map([...tables.members].map(([pair, { firstJoinedAt }]) => [pair, firstJoinedAt]));
}

function everybody({ tables }: Store): Map<string, readonly string[] | null> {
  return new Map(
    PAIRS.map(({ organization, user }) => [
      `${organization}/${user}`,
      readAccess(tables, organization, user)?.permissions ?? null,
    ]),
  );
}
