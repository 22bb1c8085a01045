import type { CompiledPolicy, CompiledRole } from '../../../src/domain/compiled-policy.ts';

// Policies under which histories run. Their permissions are called otherwise than the provider's.

const NONE: CompiledPolicy = {
  extendsProvider: false,
  scopes: {},
  roles: {},
  readsOrganizations: false,
  firstMembers: null,
  exactlyOne: [],
};

function role(grants: readonly string[], more: Partial<CompiledRole> = {}): CompiledRole {
  return { scope: 'organization', grants, featured: {}, invites: [], ...more };
}

const workspaces = {
  ADMIN: role(['enter', 'furnish'], { scope: 'workspace' }),
  GUEST: role(['enter own'], { scope: 'workspace' }),
};

export const POLICIES = {
  /** The provider's own roles, and nothing besides. */
  none: null,
  /** No ladder, a condition, and a role of the provider that it does not know. */
  replacing: {
    ...NONE,
    roles: { viewer: role(['see own']), editor: role(['edit', 'see']), biller: role(['pay', 'see']) },
  },
  extending: {
    ...NONE,
    extendsProvider: true,
    roles: { viewer: role(['see own']), agent: role(['see', 'talk']) },
  },
  /** Roles in workspaces, and what editors hold in all of them. */
  reaching: {
    ...NONE,
    scopes: { workspace: true },
    roles: { viewer: role(['see']), editor: role(['enter', 'see']), ...workspaces },
  },
  /** What is granted hangs on a feature: the whole of it, or that it holds for more than one's own. */
  featured: {
    ...NONE,
    readsOrganizations: true,
    scopes: { workspace: false },
    roles: {
      viewer: role(['see own'], { featured: { beta: ['see'] } }),
      editor: role(['edit'], { featured: { beta: ['try'], gamma: ['try'] } }),
      ADMIN: role(['enter'], { scope: 'workspace', featured: { gamma: ['furnish'] } }),
    },
  },
  /** Whoever joined first holds a role that covers none of the others. */
  founding: {
    ...NONE,
    extendsProvider: true,
    readsOrganizations: true,
    scopes: { workspace: false },
    roles: { founder: role(['found'], { featured: { beta: ['see'] } }), ...workspaces },
    firstMembers: { role: 'founder', count: 1 },
  },
} as const satisfies Record<string, CompiledPolicy | null>;

export type PolicyName = keyof typeof POLICIES;

export function policyOf(name: PolicyName): CompiledPolicy | null {
  return POLICIES[name];
}
