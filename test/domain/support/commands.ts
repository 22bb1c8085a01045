import * as fc from 'fast-check';

export const USERS = ['ada', 'bob'];
export const ORGANIZATIONS = ['acme', 'bolt'];
export const WORKSPACES = ['ws_1', 'ws_2'];
export const WORKSPACE_ROLES = ['ADMIN', 'GUEST'];
export const FEATURES = ['beta', 'gamma'];
export const PERMISSION_KEYS = ['read', 'write', 'bill'];
export const ROLE_KEYS = ['viewer', 'editor', 'biller', 'agent'];
/** What the first three grant from the start: no ladder, so that changing between them gains and loses at once. */
export const FIRST_GRANTS = [['read'], ['read', 'write'], ['read', 'bill']];

const who = fc.nat(USERS.length - 1);
// Mostly one organization, so that short histories keep coming back to the same pair.
const where = fc.constantFrom(0, 0, 0, 1);
const role = fc.nat(ROLE_KEYS.length - 1);
const key = role;
const permission = fc.nat(PERMISSION_KEYS.length - 1);
const permissions = fc.uniqueArray(permission, { maxLength: PERMISSION_KEYS.length });

/** Milliseconds since the command before: the same instant, a moment, seconds, minutes. */
const gap = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 900 }) },
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 30 }).map((seconds) => seconds * 1000) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 12 }).map((minutes) => minutes * 60_000) },
);

/** How much later than the change itself its envelope is stamped. */
const stamp = fc.constantFrom(0, 0, 0, 3, 40, 1500);

const named = <const Name extends string>(name: Name) => fc.constant(name);
const timed = { gap, stamp };

/** What somebody does at the provider. Names are places in short lists, so that any command fits any history. */
export const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: named('join'), who, where, role, ...timed }) },
  { weight: 7, arbitrary: fc.record({ do: named('change role'), who, where, role, ...timed }) },
  { weight: 4, arbitrary: fc.record({ do: named('leave'), who, where, ...timed }) },
  { weight: 1, arbitrary: fc.record({ do: named('touch'), who, where, ...timed }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: named('set workspace role'),
      who,
      where,
      workspace: fc.nat(WORKSPACES.length - 1),
      as: fc.option(fc.nat(WORKSPACE_ROLES.length - 1)),
      ...timed,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: named('switch feature'),
      where,
      feature: fc.nat(FEATURES.length - 1),
      ...timed,
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: named('redefine role'), role, permissions, ...timed }) },
  { weight: 2, arbitrary: fc.record({ do: named('create role'), key, permissions, ...timed }) },
  { weight: 1, arbitrary: fc.record({ do: named('rename role'), role, key, ...timed }) },
  { weight: 2, arbitrary: fc.record({ do: named('delete role'), role, heir: role, ...timed }) },
  { weight: 1, arbitrary: fc.record({ do: named('create permission'), key: permission, ...timed }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: named('delete permission'), permission, tell: fc.boolean(), ...timed }),
  },
  { weight: 2, arbitrary: fc.record({ do: named('ban'), who, ...timed }) },
  { weight: 2, arbitrary: fc.record({ do: named('unban'), who, ...timed }) },
  { weight: 1, arbitrary: fc.record({ do: named('change password'), who, ...timed }) },
  { weight: 2, arbitrary: fc.record({ do: named('start session'), who, ...timed }) },
  { weight: 2, arbitrary: fc.record({ do: named('end session'), session: fc.nat(2), ...timed }) },
  { weight: 1, arbitrary: fc.record({ do: named('delete user'), who, tell: fc.boolean(), ...timed }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: named('delete organization'), where, tell: fc.boolean(), ...timed }),
  },
);

export type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;
