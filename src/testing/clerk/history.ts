import * as v from 'valibot';
import { ApiKey, Invitation, Membership, Organization, Permission, Role, Session, User } from './model.ts';

// The history is the only truth; the present is what is left after replaying all of it, and the state at any
// earlier time is what is left after replaying less. Nothing here knows Rolecall: tests judge it by this.

const write = <Name extends string, Value extends v.GenericSchema>(table: Name, value: Value) =>
  v.object({ table: v.literal(table), id: v.string(), value: v.nullable(value) });

const Write = v.variant('table', [
  write('users', User),
  write('organizations', Organization),
  write('memberships', Membership),
  write('permissions', Permission),
  write('roles', Role),
  write('sessions', Session),
  write('invitations', Invitation),
  write('apiKeys', ApiKey),
]);
export type Write = v.InferOutput<typeof Write>;

export const HistoryEntry = v.object({
  seq: v.number(),
  /** The provider's time of the change. */
  at: v.number(),
  /** The verb: `addMember`, `changeRole`, … */
  what: v.string(),
  /** Ids of what the change was about, by name. */
  about: v.record(v.string(), v.string()),
  writes: v.array(Write),
  /** The events it fired, by message id. */
  events: v.array(v.object({ id: v.string(), type: v.string() })),
});
export type HistoryEntry = Readonly<v.InferOutput<typeof HistoryEntry>>;

export interface StandInState {
  readonly users: ReadonlyMap<string, User>;
  readonly organizations: ReadonlyMap<string, Organization>;
  readonly memberships: ReadonlyMap<string, Membership>;
  readonly permissions: ReadonlyMap<string, Permission>;
  readonly roles: ReadonlyMap<string, Role>;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly invitations: ReadonlyMap<string, Invitation>;
  readonly apiKeys: ReadonlyMap<string, ApiKey>;
  readonly pairs: ReadonlyMap<string, string>;
}

export const emptyState = () => ({
  users: new Map<string, User>(),
  organizations: new Map<string, Organization>(),
  memberships: new Map<string, Membership>(),
  permissions: new Map<string, Permission>(),
  roles: new Map<string, Role>(),
  sessions: new Map<string, Session>(),
  invitations: new Map<string, Invitation>(),
  apiKeys: new Map<string, ApiKey>(),
  /** (organization, user) → membership id: without it a hundred thousand joinings are quadratic. */
  pairs: new Map<string, string>(),
});
export type MutableState = ReturnType<typeof emptyState>;

const place = <Value>(table: Map<string, Value>, id: string, value: Value | null): void => {
  if (value === null) table.delete(id);
  else table.set(id, value);
};

export const pairOf = (organizationId: string, userId: string): string => `${organizationId} ${userId}`;

const placeMembership = (state: MutableState, id: string, value: Membership | null): void => {
  const member = value ?? state.memberships.get(id);
  if (member !== undefined) place(state.pairs, pairOf(member.organizationId, member.userId), value && id);
  place(state.memberships, id, value);
};

export const applyWrite = (state: MutableState, write: Write): void => {
  switch (write.table) {
    case 'users':
      return place(state.users, write.id, write.value);
    case 'organizations':
      return place(state.organizations, write.id, write.value);
    case 'memberships':
      return placeMembership(state, write.id, write.value);
    case 'permissions':
      return place(state.permissions, write.id, write.value);
    case 'roles':
      return place(state.roles, write.id, write.value);
    case 'sessions':
      return place(state.sessions, write.id, write.value);
    case 'invitations':
      return place(state.invitations, write.id, write.value);
    case 'apiKeys':
      return place(state.apiKeys, write.id, write.value);
  }
};

/** The state as it was at `time`, changes of that very millisecond included. */
export const stateAt = (history: readonly HistoryEntry[], time: number): StandInState => {
  const state = emptyState();
  for (const entry of history) {
    if (entry.at > time) break;
    for (const write of entry.writes) applyWrite(state, write);
  }
  return state;
};
