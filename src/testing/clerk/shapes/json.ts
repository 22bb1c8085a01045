// Clerk's JSON, key by key as its OpenAPI files and the examples in them have it.

export type Json = Readonly<Record<string, unknown>>;

export const image = (id: string): string => `https://img.clerk.com/${id}`;

/** All that `user.deleted`, `organization.deleted`, `role.deleted` and `permission.deleted` tell. */
export const deletedJson = (object: string, id: string, slug?: string): Json => ({
  object,
  id,
  ...(slug === undefined ? {} : { slug }),
  deleted: true,
});
