import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { type PgPolicy, type PgPolicyToOption, pgPolicy } from 'drizzle-orm/pg-core';
import { incompleteQuestion, isIncomplete } from '../client/question.ts';
import { rolecallSubject } from './roles.ts';

/** The columns of a table that tell where its rows belong. */
export interface Place {
  readonly organization: SQLWrapper;
  /** Whose a row is: then permissions that are held for own rows open those. */
  readonly owner?: SQLWrapper;
  /** The resource that a row belongs to: then roles there open it, and organization roles that reach into it. */
  readonly scope?: { readonly type: string; readonly id: SQLWrapper };
}

/** What it takes to do something to a row. What is left out nobody may. */
export interface RowPermissions<Permission extends string = string> {
  readonly read?: Permission;
  readonly insert?: Permission;
  readonly update?: Permission;
  readonly delete?: Permission;
}

/**
 * The condition that the user of the transaction's claims holds a permission where the row belongs. Everything is asked
 * once a statement and compared with columns, so that an index on the organization is used.
 *
 * It has no parameters: drizzle-kit would leave `$1` in the policy.
 * @throws TypeError for a place that lacks what it names: left out, it would open rows of every resource.
 */
export function held<Permission extends string = string>(permission: Permission, place: Place): SQL {
  if (isIncomplete(place)) throw incompleteQuestion();
  const condition =
    place.scope === undefined
      ? inOrganization(permission, place)
      : inResource(permission, place, place.scope);
  return condition.inlineParams();
}

/**
 * Row-level security for a table of the app: `pgTable('invoices', {…}, (row) => policies({ read: 'invoices:read' },
 * { organization: row.organizationId }))`. An update may not move a row to where it could not be updated.
 * @param to who is held by it; `rolecall_subject` when left out.
 */
export function policies<Permission extends string = string>(
  permissions: RowPermissions<Permission>,
  place: Place,
  to: PgPolicyToOption = rolecallSubject,
): PgPolicy[] {
  const { read, insert, update, delete: remove } = permissions;
  return [
    ...(read === undefined
      ? []
      : [pgPolicy('rolecall_select', { for: 'select', to, using: held(read, place) })]),
    ...(insert === undefined
      ? []
      : [pgPolicy('rolecall_insert', { for: 'insert', to, withCheck: held(insert, place) })]),
    ...(update === undefined
      ? []
      : [
          pgPolicy('rolecall_update', {
            for: 'update',
            to,
            using: held(update, place),
            withCheck: held(update, place),
          }),
        ]),
    ...(remove === undefined
      ? []
      : [pgPolicy('rolecall_delete', { for: 'delete', to, using: held(remove, place) })]),
  ];
}

function inOrganization(permission: string, { organization, owner }: Place): SQL {
  if (owner === undefined) return sql`${organization} = (select rolecall.my_organizations(${permission}))`;
  const outright = sql`(select rolecall.i_can(${permission}, rolecall.my_organization_id()))`;
  const own = sql`(select rolecall.i_can(${permission}, rolecall.my_organization_id(), rolecall.my_user_id()))`;
  return sql`${organization} = (select rolecall.my_organization_id()) and (${outright} or ${owner} = (select rolecall.my_user_id()) and ${own})`;
}

function inResource(
  permission: string,
  { organization, owner }: Place,
  { type, id }: { readonly type: string; readonly id: SQLWrapper },
): SQL {
  // Ids of resources repeat from one organization to the next.
  const here = sql`${organization} = (select rolecall.my_organization_id())`;
  const outright = sql`array[${id}::text, '*'] && array(select rolecall.my_scopes(${permission}, ${type}))`;
  if (owner === undefined) return sql`${here} and ${outright}`;
  // A row at a time, and only rows of one's own.
  const own = sql`${owner} = (select rolecall.my_user_id()) and rolecall.i_can(${permission}, ${organization}, ${owner}, ${type}, ${id})`;
  return sql`${here} and (${outright} or (${own}))`;
}
