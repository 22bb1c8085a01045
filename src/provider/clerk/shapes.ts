import * as v from 'valibot';
import {
  isIdentifier,
  isMembershipId,
  isOrganizationId,
  isUserId,
  type MembershipId,
  type OrganizationId,
  type UserId,
} from '../../domain/ids.ts';

/**
 * The parts of Clerk's objects that are used, as its OpenAPI files describe them. Everything else, `private_metadata`
 * and `unsafe_metadata` above all, is dropped by not being named.
 */

const identifier = v.custom<string>(isIdentifier);
const organizationId = v.custom<OrganizationId>(isOrganizationId);
const userId = v.custom<UserId>(isUserId);
const membershipId = v.custom<MembershipId>(isMembershipId);

/**
 * Words for people. NUL and halves of surrogate pairs, which no database text can hold, are replaced: a name must not
 * keep a permission from being taken away.
 */
const words = v.pipe(
  v.string(),
  v.transform((text) => text.replaceAll('\0', '\ufffd').replaceAll(/\p{Cs}/gu, '\ufffd')),
);

/** 2001-09-09 in milliseconds, 5138-11-16 in seconds: Clerk's specification shows seconds where it sends milliseconds. */
const SECONDS_END_BELOW = 100_000_000_000;

export const time = v.pipe(
  v.number(),
  v.finite(),
  v.minValue(0),
  v.maxValue(8_640_000_000_000_000),
  v.transform((value) => Math.floor(value < SECONDS_END_BELOW ? value * 1000 : value)),
);

const eventType = v.pipe(v.string(), v.regex(/^[A-Za-z][A-Za-z0-9_.]{0,99}$/));

export const envelope = v.object({
  type: eventType,
  timestamp: time,
  instance_id: v.nullish(identifier),
  data: v.unknown(),
});

/** As much of a broken envelope as can be read. */
export const brokenEnvelope = v.object({
  type: v.fallback(v.nullable(eventType), null),
  timestamp: v.fallback(v.nullable(time), null),
  instance_id: v.fallback(v.nullish(identifier), null),
  data: v.optional(v.unknown()),
});

export const membership = v.object({
  id: membershipId,
  role: identifier,
  permissions: v.nullish(v.array(identifier)),
  created_at: time,
  updated_at: time,
  public_metadata: v.optional(v.unknown()),
  organization: v.object({
    id: organizationId,
    updated_at: v.fallback(v.nullish(time), null),
    public_metadata: v.optional(v.unknown()),
  }),
  public_user_data: v.object({
    user_id: userId,
    banned: v.nullish(v.boolean()),
    deprovisioned: v.nullish(v.boolean()),
  }),
});

/** A deletion is believed for its id alone; with its pair and birth it also tells which one ended. */
export const deletedMembership = v.object({
  id: membershipId,
  created_at: v.fallback(v.nullish(time), null),
  organization: v.fallback(v.nullish(v.object({ id: organizationId })), null),
  public_user_data: v.fallback(v.nullish(v.object({ user_id: userId })), null),
});

export const user = v.object({
  id: userId,
  banned: v.nullish(v.boolean()),
  deprovisioned: v.nullish(v.boolean()),
  password_last_updated_at: v.nullish(time),
  updated_at: time,
});

export const organization = v.object({
  id: organizationId,
  name: words,
  public_metadata: v.optional(v.unknown()),
  updated_at: time,
});

export const permission = v.object({ id: identifier, key: identifier, created_at: time });

export const role = v.object({
  id: identifier,
  key: identifier,
  name: v.nullish(words, ''),
  description: v.nullish(words, ''),
  permissions: v.array(permission),
  created_at: time,
  updated_at: time,
});

export const session = v.object({ id: identifier, user_id: userId });

/** Words instead of an address are not worth failing for: nothing hangs on them. */
export const invitation = v.object({
  id: identifier,
  organization_id: organizationId,
  email_address: v.fallback(v.nullish(words), null),
  role: identifier,
  inviter_id: v.nullish(userId),
  status: v.fallback(v.nullish(v.picklist(['pending', 'accepted', 'revoked', 'expired'])), null),
  public_metadata: v.optional(v.unknown()),
  expires_at: v.fallback(v.nullish(time), null),
  created_at: time,
  updated_at: time,
});

/** Who accepted an invitation, where that is told. */
export const accepted = v.object({ user_id: v.fallback(v.nullish(userId), null) });

export const deletedUser = v.object({ id: userId });
export const deletedOrganization = v.object({ id: organizationId });
export const deletedObject = v.object({ id: identifier });

export const instance = v.object({ id: identifier });

/** Who a message is about, as far as that much of it can be read. */
export const named = v.object({
  organization: v.fallback(v.nullish(v.object({ id: organizationId })), null),
  public_user_data: v.fallback(v.nullish(v.object({ user_id: userId })), null),
});
