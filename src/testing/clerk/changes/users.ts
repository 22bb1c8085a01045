import { invalid } from '../errors.ts';
import type { Metadata, User } from '../model.ts';
import { deletedJson } from '../shapes/json.ts';
import { userJson } from '../shapes/user.ts';
import type { Change, World } from '../world.ts';
import { userOf } from './find.ts';
import { leave } from './members.ts';
import { finish } from './sessions.ts';

export interface UserDetails {
  readonly id?: string;
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly username?: string;
  readonly publicMetadata?: Metadata;
  readonly privateMetadata?: Metadata;
  readonly unsafeMetadata?: Metadata;
}

export type UserUpdate = Omit<UserDetails, 'id'>;

export const userChanges = (world: World) => {
  const { state } = world;

  const update = (what: string, id: string, after: (change: Change) => Partial<User>): User => {
    const before = userOf(state, id);
    return world.change(what, { user: id }, (change) => {
      const value: User = { ...before, ...after(change), updatedAt: change.at };
      change.write({ table: 'users', id, value });
      change.emit('user.updated', userJson(value));
      return value;
    });
  };

  const revokeAll = (change: Change, userId: string) => {
    for (const session of [...state.sessions.values()]) {
      if (session.userId === userId) finish(world, change, session, 'revoked');
    }
  };

  return {
    createUser(details: UserDetails = {}): User {
      const id = details.id ?? world.newId('user');
      if (state.users.has(id)) throw invalid('form_identifier_exists', `${id} is already taken`, 'id');
      return world.change('createUser', { user: id }, (change) => {
        const value: User = {
          id,
          email: details.email ?? `${id.toLowerCase()}@example.com`,
          firstName: details.firstName ?? null,
          lastName: details.lastName ?? null,
          username: details.username ?? null,
          publicMetadata: structuredClone(details.publicMetadata ?? {}),
          privateMetadata: structuredClone(details.privateMetadata ?? {}),
          unsafeMetadata: structuredClone(details.unsafeMetadata ?? {}),
          banned: false,
          deprovisioned: false,
          passwordLastUpdatedAt: change.at,
          createdAt: change.at,
          updatedAt: change.at,
        };
        change.write({ table: 'users', id, value });
        change.emit('user.created', userJson(value));
        return value;
      });
    },

    updateUser: (id: string, after: UserUpdate): User =>
      update('updateUser', id, () => structuredClone(after)),

    /** Clerk: "all their sessions are revoked and they are not allowed to sign in again". */
    banUser: (id: string): User =>
      update('banUser', id, (change) => {
        revokeAll(change, id);
        return { banned: true };
      }),

    unbanUser: (id: string): User => update('unbanUser', id, () => ({ banned: false })),

    /** A directory took the user away (or, with `false`, gave the user back); sessions are left as they are. */
    deprovisionUser: (id: string, deprovisioned = true): User =>
      update('deprovisionUser', id, () => ({ deprovisioned })),

    changePassword: (id: string, options: { readonly signOutOfOtherSessions?: boolean } = {}): User =>
      update('changePassword', id, (change) => {
        if (options.signOutOfOtherSessions) revokeAll(change, id);
        return { passwordLastUpdatedAt: change.at };
      }),

    deleteUser(id: string, options: { readonly membershipEvents?: boolean } = {}): void {
      userOf(state, id);
      const tell = options.membershipEvents ?? world.membershipEventsOnDelete;
      world.change('deleteUser', { user: id }, (change) => {
        for (const membership of [...state.memberships.values()]) {
          if (membership.userId === id) leave(world, change, membership, tell);
        }
        for (const session of [...state.sessions.values()]) {
          if (session.userId === id) change.write({ table: 'sessions', id: session.id, value: null });
        }
        change.write({ table: 'users', id, value: null });
        change.emit('user.deleted', deletedJson('user', id));
      });
    },
  };
};
