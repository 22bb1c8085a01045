import { type Random, seededRandom } from '../../src/testing/clerk/random.ts';
import { QUIET_LOSSES, QUIET_OPENING } from './quiet.ts';
import { EXTRAS, ROLE_KEYS, ROLES } from './roles.ts';
import type { Happening, Step } from './steps.ts';

const USERS = 70;
const ORGANIZATIONS = 9;
/** Every user joins so many at the start. */
const JOINED = 3;
const PER_SECOND = 14;
const LATE_ONE_IN = 25;

interface User {
  readonly id: string;
  banned: boolean;
  deprovisioned: boolean;
  readonly sessions: string[];
}

export interface WorldPlan {
  /** Who is there before anything goes wrong. */
  readonly opening: readonly Happening[];
  readonly steps: readonly Step[];
  /** Of which no message tells. */
  readonly quiet: readonly Step[];
}

/** What happens at the provider, and when: the same for the same seed. */
export function planWorld(seed: number, stormMs: number): WorldPlan {
  const random = seededRandom(seed);
  const world = new PlannedWorld(random);
  const opening = [...world.open(), ...QUIET_OPENING];
  const ordinary: Step[] = [];
  const gap = 1_000 / PER_SECOND;
  for (let at = 0; at < stormMs; at += gap * (0.5 + random.next())) {
    for (const step of world.next()) {
      const late: Pick<Step, 'news'> = random.below(LATE_ONE_IN) === 0 ? { news: 'late' } : {};
      ordinary.push({ ...step, ...late, at: Math.round(at) });
    }
  }
  const quiet = QUIET_LOSSES.map((deed, n): Step => {
    const at = Math.round((stormMs * (n + 1)) / (QUIET_LOSSES.length + 1));
    return { ...deed, at, news: 'never' };
  });
  return { opening, steps: ordinary, quiet };
}

/** Knows who is where, so that what it plans is possible. */
class PlannedWorld {
  readonly #random: Random;
  readonly #users = new Map<string, User>();
  readonly #organizations = new Set<string>();
  /** organization and user → role */
  readonly #members = new Map<string, { organization: string; user: string; role: string }>();
  #made = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  open(): Happening[] {
    const roles = ROLE_KEYS.map(
      (role): Happening => ({ do: 'defineRole', role, permissions: ROLES[role] ?? [] }),
    );
    const organizations = Array.from({ length: ORGANIZATIONS }, () => this.#createOrganization());
    const people = Array.from({ length: USERS }, () => {
      const created = this.#createUser();
      const places = this.#random.shuffled([...this.#organizations]).slice(0, JOINED);
      return [created, ...places.flatMap((organization) => this.#join(organization, created.user))];
    });
    return [...roles, ...organizations, ...people.flat()];
  }

  /** What comes next, by chance. */
  next(): Happening[] {
    const deeds: readonly (readonly [number, () => Happening[]])[] = [
      [22, () => this.#joinSomewhere()],
      [18, () => this.#leave()],
      [22, () => this.#changeRole()],
      [14, () => this.#signIn()],
      [6, () => this.#mint()],
      [5, () => this.#signOut()],
      [5, () => this.#redefine()],
      [4, () => this.#suspend()],
      [3, () => this.#password()],
      [2, () => this.#replaceUser()],
      [1, () => this.#replaceOrganization()],
    ];
    const sum = deeds.reduce((all, [weight]) => all + weight, 0);
    let at = this.#random.below(sum);
    for (const [weight, deed] of deeds) {
      at -= weight;
      if (at < 0) return deed();
    }
    return [];
  }

  #name(prefix: string): string {
    this.#made += 1;
    return `${prefix}_chaos${String(this.#made).padStart(6, '0')}`;
  }

  #one<Item>(items: Iterable<Item>): Item | undefined {
    const all = [...items];
    return all[this.#random.below(all.length)];
  }

  #createUser(): { do: 'createUser'; user: string } {
    const id = this.#name('user');
    this.#users.set(id, { id, banned: false, deprovisioned: false, sessions: [] });
    return { do: 'createUser', user: id };
  }

  #createOrganization(): { do: 'createOrganization'; organization: string } {
    const organization = this.#name('org');
    this.#organizations.add(organization);
    return { do: 'createOrganization', organization };
  }

  #join(organization: string, user: string): Happening[] {
    const role = this.#one(ROLE_KEYS) ?? '';
    this.#members.set(`${organization} ${user}`, { organization, user, role });
    return [{ do: 'addMember', organization, user, role }, ...this.#signInTo(user, organization)];
  }

  #signInTo(userId: string, organization: string): Happening[] {
    const user = this.#users.get(userId);
    if (user === undefined || user.banned || user.deprovisioned) return [];
    const session = this.#name('sess');
    user.sessions.push(session);
    return [{ do: 'signIn', user: userId, session, organization }];
  }

  #joinSomewhere(): Happening[] {
    const organization = this.#one(this.#organizations);
    const outside = [...this.#users.keys()].filter((user) => !this.#members.has(`${organization} ${user}`));
    const user = this.#one(outside);
    return organization === undefined || user === undefined ? [] : this.#join(organization, user);
  }

  #leave(): Happening[] {
    const member = this.#one(this.#members.values());
    // Somebody has to be left.
    if (member === undefined || this.#members.size < USERS) return [];
    const { organization, user } = member;
    this.#members.delete(`${organization} ${user}`);
    const gone: Happening = { do: 'removeMember', organization, user };
    // Back at once, as another incarnation: the two messages race.
    return this.#random.below(4) === 0 ? [gone, ...this.#join(organization, user)] : [gone];
  }

  #changeRole(): Happening[] {
    const member = this.#one(this.#members.values());
    const role = this.#one(ROLE_KEYS.filter((key) => key !== member?.role));
    if (member === undefined || role === undefined) return [];
    member.role = role;
    const { organization, user } = member;
    return [{ do: 'changeRole', organization, user, role }];
  }

  #redefine(): Happening[] {
    const role = this.#one(ROLE_KEYS) ?? '';
    const extras = EXTRAS.filter(() => this.#random.below(2) === 0);
    return [{ do: 'changeRolePermissions', role, permissions: [...(ROLES[role] ?? []), ...extras] }];
  }

  #signIn(): Happening[] {
    const member = this.#one(this.#members.values());
    return member === undefined ? [] : this.#signInTo(member.user, member.organization);
  }

  #mint(): Happening[] {
    const member = this.#one(this.#members.values());
    const session = this.#one(this.#users.get(member?.user ?? '')?.sessions.slice(-2) ?? []);
    if (member === undefined || session === undefined) return [];
    return [{ do: 'mintToken', session, organization: member.organization }];
  }

  #signOut(): Happening[] {
    const user = this.#one([...this.#users.values()].filter(({ sessions }) => sessions.length > 1));
    const session = this.#one(user?.sessions.splice(0, 1) ?? []);
    return session === undefined ? [] : [{ do: 'endSession', session }];
  }

  #suspend(): Happening[] {
    const user = this.#one(this.#users.values());
    if (user === undefined) return [];
    if (user.banned) {
      user.banned = false;
      return [{ do: 'unbanUser', user: user.id }];
    }
    if (user.deprovisioned) {
      user.deprovisioned = false;
      return [{ do: 'reprovisionUser', user: user.id }];
    }
    const bans = this.#random.below(2) === 0;
    user.banned = bans;
    user.deprovisioned = !bans;
    return [{ do: bans ? 'banUser' : 'deprovisionUser', user: user.id }];
  }

  #password(): Happening[] {
    const user = this.#one(this.#users.keys());
    return user === undefined ? [] : [{ do: 'changePassword', user }];
  }

  #replaceUser(): Happening[] {
    const user = this.#one(this.#users.keys());
    const organization = this.#one(this.#organizations);
    if (user === undefined || organization === undefined) return [];
    this.#users.delete(user);
    for (const [pair, member] of this.#members) if (member.user === user) this.#members.delete(pair);
    const created = this.#createUser();
    return [{ do: 'deleteUser', user }, created, ...this.#join(organization, created.user)];
  }

  #replaceOrganization(): Happening[] {
    const organization = this.#one(this.#organizations);
    if (organization === undefined) return [];
    this.#organizations.delete(organization);
    for (const [pair, member] of this.#members) {
      if (member.organization === organization) this.#members.delete(pair);
    }
    const created = this.#createOrganization();
    const joining = this.#random.shuffled([...this.#users.keys()]).slice(0, 12);
    return [
      { do: 'deleteOrganization', organization, told: this.#random.below(2) === 0 },
      created,
      ...joining.flatMap((user) => this.#join(created.organization, user)),
    ];
  }
}
