import * as v from 'valibot';
import { decideAccess } from '../../domain/decide-access.ts';
import type { Grant, Scope } from '../../domain/grant.ts';
import { isOrganizationId, isUserId } from '../../domain/ids.ts';

/** What the user of this page may do in one organization, as far as is known. */
export type MyAccess =
  /** Not known yet, or not any more: nothing is allowed. */
  | { readonly status: 'loading' }
  | {
      readonly status: 'known';
      /** Null where there is no session, or it is of another organization. */
      readonly user: string | null;
      readonly roles: readonly string[];
      readonly grants: readonly Grant[];
    };

export const LOADING: MyAccess = { status: 'loading' };
export const NO_ACCESS: MyAccess = { status: 'known', user: null, roles: [], grants: [] };

/** What a permission is needed for. */
export interface Wanted {
  readonly owner?: string | null | undefined;
  readonly assignees?: readonly string[] | undefined;
  /** The resource inside the organization; the whole organization when left out. Given but undefined: not allowed. */
  readonly scope?: Scope | undefined;
}

const text = v.pipe(v.string(), v.minLength(1));
const scope = v.strictObject({ type: text, id: text });
const grant = v.pipe(
  // Strict: a condition that this version does not know must not be left out.
  v.strictObject({
    permission: text,
    only: v.nullish(v.picklist(['own', 'assigned']), null),
    scope: v.nullish(scope, null),
  }),
  v.transform((sent): Grant => sent),
);
const grants = v.array(grant);
const revision = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** The answer of `GET /v1/me/organizations/{organization}`. */
const Answer = v.object({
  user: text,
  roles: v.array(v.object({ role: text })),
  permissions: grants,
  revision,
});

/** What `GET /v1/me/changes` tells: of others' affairs no more than that something happened. */
const Told = v.object({
  kind: text,
  organization: v.nullish(v.string()),
  user: v.nullish(v.string()),
  role: v.nullish(v.string()),
  permissions: v.optional(grants),
});
export type Told = v.InferOutput<typeof Told>;

export function readAnswer(json: unknown): { readonly access: MyAccess; readonly revision: number } | null {
  const read = v.safeParse(Answer, json);
  if (!read.success) return null;
  const { user, roles, permissions, revision: at } = read.output;
  const held = [...new Set(roles.map((one) => one.role))];
  return { access: { status: 'known', user, roles: held, grants: permissions }, revision: at };
}

export function readTold(data: string): Told | null {
  const read = v.safeParse(v.pipe(v.string(), v.parseJson(), Told), data);
  return read.success ? read.output : null;
}

const OF_MEMBERS = ['granted', 'reduced', 'removed', 'withheld', 'cut_off'];
const ENDS_ALL = ['removed', 'suspended', 'user_deleted', 'organization_deleted'];

/** What is known as soon as a change is heard of, before anything is asked anew; never more than before. */
export function afterChange(access: MyAccess, told: Told, organization: string): MyAccess {
  if (access.status === 'loading') return access;
  if (told.organization != null && told.organization !== organization) return access;
  if (ENDS_ALL.includes(told.kind)) return { ...access, roles: [], grants: [] };
  if (!OF_MEMBERS.includes(told.kind) || told.permissions === undefined) return access;
  const left = new Set(told.permissions.map(written));
  return { ...access, grants: access.grants.filter((held) => left.has(written(held))) };
}

/** Whether anything may be different for this user: roles of others are changed all day. */
export function concerns(access: MyAccess, told: Told, organization: string): boolean {
  if (told.organization != null && told.organization !== organization) return false;
  if (told.kind !== 'role_changed' || access.status === 'loading') return true;
  return told.role == null || access.roles.includes(told.role);
}

/** By the server's own rules, from what the server said. */
export function isAllowed(
  access: MyAccess,
  organization: string,
  permission: string,
  wanted: Wanted = {},
): boolean {
  if (access.status === 'loading' || access.user === null) return false;
  if ('scope' in wanted && !(wanted.scope?.type && wanted.scope.id)) return false;
  const { user } = access;
  if (!isUserId(user) || !isOrganizationId(organization)) return false;
  const resource = { type: 'organization', id: organization };
  const decision = decideAccess(
    {
      organizationId: organization,
      subject: { type: 'user', userId: user },
      permission,
      resource,
      scope: wanted.scope ?? null,
      ownerId: wanted.owner ?? null,
      assignees: wanted.assignees ?? [],
      token: null,
    },
    {
      scopes: [],
      member: { member: true, suspended: false, contested: false, grants: access.grants, cutoff: null },
      agent: undefined,
      session: undefined,
    },
    0,
  );
  return decision.allowed;
}

function written({ permission, only, scope: place }: Grant): string {
  return JSON.stringify([permission, only, place?.type, place?.id]);
}
