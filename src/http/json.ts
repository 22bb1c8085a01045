import type { Scope } from '../domain/grant.ts';
import type { OrganizationId } from '../domain/ids.ts';

/** Milliseconds as readers see them. */
export function instant(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

/** Roles as readers see them: the organization is a scope like any other. */
export function rolesJson(
  organization: OrganizationId,
  roles: readonly { readonly role: string; readonly scope: Scope | null }[],
): object[] {
  return roles.map(({ role, scope }) => ({
    role,
    scope: scope ?? { type: 'organization', id: organization },
  }));
}
