declare const brand: unique symbol;

/** Clerk's id of an organization, `org_…`. Branded because a user's id fits wherever it does. */
export type OrganizationId = string & { readonly [brand]: 'organization' };
/** Clerk's id of a user, `user_…`. */
export type UserId = string & { readonly [brand]: 'user' };
/** Clerk's id of one membership, `orgmem_…`: one incarnation of a user in an organization. */
export type MembershipId = string & { readonly [brand]: 'membership' };

/** No slash, quote, control character or surrogate: an id can stand in a path, a log line or a key as it is. */
const IDENTIFIER = /^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,190}$/;

/** Libraries on the way drop properties of these names from any object, for fear of its prototype. */
const NAMES_OF_OBJECTS = ['constructor', 'prototype'];

/** What every id and key of the provider must look like: 1 to 191 characters of `A-Z a-z 0-9 _ . : @ -`. */
export function isIdentifier(value: unknown): value is string {
  return typeof value === 'string' && IDENTIFIER.test(value) && !NAMES_OF_OBJECTS.includes(value);
}

export function isOrganizationId(value: unknown): value is OrganizationId {
  return isIdentifier(value);
}

export function isUserId(value: unknown): value is UserId {
  return isIdentifier(value);
}

export function isMembershipId(value: unknown): value is MembershipId {
  return isIdentifier(value);
}

/** Names an (organization, user) pair in a map. Ids hold no slash, so two pairs never share a key. */
export function pairKey(organizationId: OrganizationId, userId: UserId): string {
  return `${organizationId}/${userId}`;
}
