import { simplify } from './grants.ts';
import type { ResolvedPolicy, ResolvedRole } from './resolved-policy.ts';

/** An organization role that the provider has, and what it grants there. */
export interface ProvidedRole {
  readonly key: string;
  readonly title: string;
  readonly description: string;
  readonly permissions: readonly string[];
}

type Roles = Readonly<Record<string, ResolvedRole>>;

/** The provider's own permission for it: its holders give and take every role that the provider has. */
const MANAGES_MEMBERS = 'org:sys_memberships:manage';

/**
 * The roles that count, in order of their keys: those of the policy, and where there is none or it extends the provider,
 * the provider's too. What a policy says of whom a role may make what stands in place of the provider's rule.
 */
export function effectiveRoles(policy: ResolvedPolicy | null, provided: readonly ProvidedRole[]): Roles {
  const declared = policy?.roles ?? {};
  if (policy !== null && policy.extends !== 'provider') return inOrder(Object.entries(declared));
  const keys = provided.map(({ key }) => key).sort();
  const roles = provided.map((role) => {
    const said = Object.hasOwn(declared, role.key) ? declared[role.key] : undefined;
    return [role.key, said === undefined ? providersRole(role, keys) : withProvided(said, role)] as const;
  });
  return inOrder([...new Map([...Object.entries(declared), ...roles])]);
}

/** A document that the database kept comes back with the shortest keys first. */
function inOrder(roles: readonly (readonly [string, ResolvedRole])[]): Roles {
  return Object.fromEntries(roles.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function providersRole({ title, description, permissions }: ProvidedRole, keys: readonly string[]) {
  const given = permissions.includes(MANAGES_MEMBERS) ? keys : [];
  return {
    scope: 'organization',
    title,
    description,
    grants: simplify(permissions.map((permission) => ({ permission }))),
    assigns: { invite: given, change: given, remove: given },
  };
}

function withProvided(role: ResolvedRole, { permissions }: ProvidedRole): ResolvedRole {
  if (role.scope !== 'organization') return role;
  return {
    ...role,
    grants: simplify([...role.grants, ...permissions.map((permission) => ({ permission }))]),
  };
}
