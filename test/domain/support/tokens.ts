import type { CompiledPolicy } from '../../../src/domain/compiled-policy.ts';
import type { Evidence } from '../../../src/domain/evidence.ts';
import { PERMISSION_KEYS } from './commands.ts';
import type { History } from './history.ts';
import { allows, heldBy } from './holding.ts';
import type { Moment } from './ledger.ts';
import type { TokenClaims } from './reading.ts';
import type { Step, Watcher } from './simulation.ts';
import { EMPTY_WORLD, membershipOf, permissionsOf, type World } from './world.ts';

/** A token as the provider minted it, with what it carried. */
export interface Token extends TokenClaims {
  readonly mintedAt: number;
  readonly membership: string;
  readonly role: string;
  readonly permissions: readonly string[];
  /** Since when the role has granted each of them without a break. */
  readonly since: Readonly<Record<string, number>>;
}

/**
 * The hardest tokens of a history to refuse: between any two moments, the last that could be minted before the second.
 * Everybody has a session that never ends, and the ones that were told of.
 */
export function tokensOf({ moments, policy }: History): Token[] {
  let since: Readonly<Record<string, Readonly<Record<string, number>>>> = {};
  return moments.flatMap(({ at, world }, index) => {
    since = Object.fromEntries(
      [...world.roles.keys()].map((role) => {
        const granted = permissionsOf(world, role).map((key) => [key, since[role]?.[key] ?? at]);
        return [role, Object.fromEntries(granted)];
      }),
    );
    return tokensAt(world, policy, moments[index + 1]?.at ?? at, since);
  });
}

export function tokensAt(
  world: World,
  policy: CompiledPolicy | null,
  mintedAt: number,
  since: Readonly<Record<string, Readonly<Record<string, number>>>> = {},
): Token[] {
  return [...world.memberships.values()].flatMap((membership) => {
    if (world.users.get(membership.userId)?.suspended !== false) return [];
    const sessions = [...world.sessions.values()].filter((s) => s.userId === membership.userId && !s.ended);
    return [`always_${membership.userId}`, ...sessions.map((session) => session.id)].map((session) => ({
      user: membership.userId,
      organization: membership.organizationId,
      session,
      issuedAt: Math.floor(mintedAt / 1000),
      mintedAt,
      membership: membership.id,
      role: membership.roleId,
      // What hangs on a feature no token of the provider carries: see `FeaturesCutOff`.
      permissions: heldBy(withoutFeatures(world), policy, membership),
      since: since[membership.roleId] ?? {},
    }));
  });
}

function withoutFeatures(world: World): World {
  const bare = [...world.organizations].map(([id, row]) => [id, { ...row, features: [] }] as const);
  return { ...world, organizations: new Map(bare) };
}

/** Why a token has to be refused at the end of a history, or null where it may pass. */
export function reasonToRefuse({ moments, policy }: History, token: Token): Reason | null {
  const world = moments.at(-1)?.world ?? EMPTY_WORLD;
  const user = world.users.get(token.user);
  const membership = membershipOf(world, token.organization, token.user);
  if (user === undefined || membership === undefined) return { why: 'is no member', more: [] };
  if (world.sessions.get(token.session)?.ended) return { why: 'has signed out', more: [] };
  if (token.mintedAt <= (user.passwordChangedAt ?? 0)) return { why: 'has a new password', more: [] };
  if (membership.id !== token.membership) return { why: 'has left and joined again', more: [] };
  const isBanned = (moment: Moment | undefined) => moment?.world.users.get(token.user)?.suspended ?? false;
  const banned = moments.some(
    (moment, index) => moment.at >= token.mintedAt && isBanned(moment) && !isBanned(moments[index - 1]),
  );
  if (banned) return { why: 'was banned since', more: [] };
  const held = heldBy(world, policy, membership);
  const more = token.permissions.filter((text) => !allows(held, text));
  return more.length === 0 ? null : { why: `has no longer ${more.join()}`, more };
}

export interface Reason {
  readonly why: string;
  /** The permissions that are the reason. */
  readonly more: readonly string[];
}

/**
 * When things came to be known, which the one exception needs: what a role was given, and what is first heard of after
 * somebody was seen to have left that role, is not looked for in their older tokens. (They left it for one that grants
 * all that was known of it, or they would have been cut off for that.)
 */
export class WhatWasKnown implements Watcher {
  readonly #history: History;
  readonly #granted: { role: string; permission: string; at: number; step: number }[] = [];
  readonly #held: { membership: string; role: string; at: number; step: number }[] = [];
  /** Roles of which a definition was told, be it that they grant nothing. */
  readonly #defined = new Set<string>();
  #step = 0;

  constructor(history: History) {
    this.#history = history;
  }

  before({ items }: Pick<Step, 'items'>): void {
    for (const { evidence } of items) {
      this.#step += 1;
      for (const told of evidence) this.#note(told);
    }
  }

  after(): void {}

  isException(token: Token, more: readonly string[]): boolean {
    if (more.length === 0) return false;
    const holding = this.#held.filter(({ membership }) => membership === token.membership);
    const left = holding.filter(({ role, at }) => role !== token.role && at >= token.mintedAt);
    if (left.length === 0) return false;
    const entered = holding.filter(({ role, at }) => role === token.role && at <= token.mintedAt);
    const seen = Math.max(first(entered), first(left));
    return more.every((text) => {
      const [permission = ''] = text.split(' ');
      // Of what the policy says of a role nothing is ever told.
      if (!PERMISSION_KEYS.includes(permission)) return false;
      const told = this.#granted.filter(
        (granted) =>
          granted.role === token.role &&
          granted.permission === permission &&
          granted.at >= (token.since[permission] ?? 0),
      );
      return first(told) > seen;
    });
  }

  #note(told: Evidence): void {
    if (told.kind !== 'role' && told.kind !== 'membership') return;
    const step = this.#step;
    const at = told.told === 'observed' ? told.version.at : told.version.updatedAt;
    if (told.kind === 'role') {
      this.#defined.add(told.id);
      for (const { key } of told.permissions)
        this.#granted.push({ role: told.id, permission: key, at, step });
      return;
    }
    const role = this.#roleBy(told.role, at);
    this.#held.push({ membership: told.id, role, at: told.version.updatedAt, step });
    // A list is a role's definition as long as there is no other; after that it cannot add to it.
    if (this.#defined.has(role) || this.#granted.some((granted) => granted.role === role)) return;
    for (const permission of told.permissions ?? []) this.#granted.push({ role, permission, at, step });
  }

  /** The last role that had the key by then. */
  #roleBy(key: string, at: number): string {
    const worlds = this.#history.moments.filter((moment) => moment.at <= at).map((moment) => moment.world);
    const roles = worlds.flatMap((world) => [...world.roles.values()].filter((role) => role.key === key));
    return roles.at(-1)?.id ?? 'none';
  }
}

function first(steps: readonly { readonly step: number }[]): number {
  return Math.min(Number.POSITIVE_INFINITY, ...steps.map(({ step }) => step));
}
