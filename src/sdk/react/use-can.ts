'use client';
import { useCallback, useContext, useSyncExternalStore } from 'react';
import type { PermissionOf, PolicyDefinition } from '../../policy/index.ts';
import { isAllowed, type Wanted } from './my-access.ts';
import { RolecallContext } from './provider.ts';

export interface UseCanOptions extends Wanted {
  /**
   * The provider's when left out; undefined while it is not known. A session token speaks of the active organization only:
   * in any other nothing is allowed.
   */
  readonly organization?: string | null | undefined;
}

export interface CanState {
  /** False also while it is not known. */
  readonly allowed: boolean;
  /** Not known yet, or not any more. */
  readonly loading: boolean;
}

const NEVER = () => () => undefined;

/**
 * Whether the user of this page holds the permission now; rendered again when that changes. For what to show: the server
 * that acts decides again. `useCan<typeof policy>` knows the policy's permissions.
 * @throws Error outside of a `RolecallProvider`.
 */
export function useCan<Policy = PolicyDefinition>(
  permission: PermissionOf<Policy>,
  options: UseCanOptions = {},
): CanState {
  const context = useContext(RolecallContext);
  if (context === null) throw new Error('useCan and Can need a RolecallProvider around them.');
  const { registry } = context;
  const organization = 'organization' in options ? options.organization : context.organization;
  const subscribe = useCallback(
    (listener: () => void) => (organization ? registry.subscribe(organization, listener) : NEVER()),
    [registry, organization],
  );
  // A word and no object: whatever else changes renders nothing again.
  const state = useSyncExternalStore(
    subscribe,
    () => {
      if (!organization) return withoutOne(organization);
      const access = registry.current(organization);
      if (access.status === 'loading') return 'loading';
      return isAllowed(access, organization, permission, options) ? 'allowed' : 'denied';
    },
    () => (organization ? 'loading' : withoutOne(organization)),
  );
  return { allowed: state === 'allowed', loading: state === 'loading' };
}

/** Clerk's `orgId` is undefined until Clerk has loaded, and null where none is active. */
function withoutOne(organization: string | null | undefined): 'loading' | 'denied' {
  return organization === undefined ? 'loading' : 'denied';
}
