import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { incompleteQuestion, isIncomplete } from '../client/question.ts';

/** A value, or a column or expression that holds one. */
type Text = string | SQLWrapper;

/** What a question is about, beside who asks. */
interface About<Permission extends string> {
  readonly organization: Text;
  readonly permission: Permission | SQLWrapper;
  /** Whose the row is, for permissions that are held for own rows. */
  readonly owner?: Text | null;
  /** The resource inside the organization; the whole organization when left out. Given but undefined: refused. */
  readonly scope?: { readonly type: Text; readonly id: Text };
}

/**
 * `rolecall.has_permission`: whether a user holds it now. For `rolecall_reader`; tokens are not looked at.
 * @throws TypeError for a question that lacks what it names.
 */
export function hasPermission<Permission extends string = string>(
  question: About<Permission> & { readonly user: Text },
): SQL<boolean> {
  if (isIncomplete(question)) throw incompleteQuestion();
  const { user, organization, permission, owner = null, scope } = question;
  return sql`rolecall.has_permission(${user}, ${organization}, ${permission}, ${owner}, ${scope?.type ?? null}, ${scope?.id ?? null})`;
}

/** `rolecall.organizations_with`, to be compared with: `inArray(table.organizationId, organizationsWith(…))`. */
export function organizationsWith<Permission extends string = string>(
  user: Text,
  permission: Permission | SQLWrapper,
): SQL<string> {
  return sql`(select rolecall.organizations_with(${user}, ${permission}))`;
}

/** `rolecall.token_is_current`: whether a session token is still to be honoured. For `rolecall_reader`. */
export function tokenIsCurrent(token: {
  readonly user: Text;
  readonly organization: Text;
  /** `sid`. */
  readonly session: Text;
  /** `iat`: whole seconds. */
  readonly issuedAt: number;
}): SQL<boolean> {
  const { user, organization, session, issuedAt } = token;
  return sql`rolecall.token_is_current(${user}, ${organization}, ${session}, to_timestamp(${issuedAt}::double precision))`;
}

/** `rolecall.revision`: what is read in the same statement is at least this fresh. For `rolecall_reader`. */
export function revision(): SQL<number> {
  return sql`rolecall.revision()`.mapWith(Number);
}

/**
 * `rolecall.i_can`: whether the user of the transaction's claims may. For `rolecall_subject`; see `actAs`.
 * @throws TypeError for a question that lacks what it names.
 */
export function iCan<Permission extends string = string>(question: About<Permission>): SQL<boolean> {
  if (isIncomplete(question)) throw incompleteQuestion();
  const { organization, permission, owner = null, scope } = question;
  return sql`rolecall.i_can(${permission}, ${organization}, ${owner}, ${scope?.type ?? null}, ${scope?.id ?? null})`;
}

/** The user of the transaction's claims, asked once a statement. */
export function myUserId(): SQL<string | null> {
  return sql`(select rolecall.my_user_id())`;
}

/** The organization of the transaction's claims while their user is a member there, asked once a statement. */
export function myOrganizationId(): SQL<string | null> {
  return sql`(select rolecall.my_organization_id())`;
}
