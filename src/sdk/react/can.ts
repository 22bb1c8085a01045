'use client';
import { createElement, Fragment, type ReactElement, type ReactNode } from 'react';
import type { PermissionOf, PolicyDefinition } from '../../policy/index.ts';
import { type UseCanOptions, useCan } from './use-can.ts';

export interface CanProps<Policy = PolicyDefinition> extends UseCanOptions {
  readonly permission: PermissionOf<Policy>;
  /** Shown where it is not allowed; nothing when left out. */
  readonly fallback?: ReactNode;
  /** Shown while it is not known; nothing when left out. */
  readonly loading?: ReactNode;
  readonly children?: ReactNode;
}

/** Shows its children where the user of this page holds the permission now. `<Can<typeof policy> …>` knows the policy. */
export function Can<Policy = PolicyDefinition>(props: CanProps<Policy>): ReactElement {
  const { permission, fallback = null, loading = null, children, ...options } = props;
  const state = useCan<Policy>(permission, options);
  const shown = state.allowed ? children : state.loading ? loading : fallback;
  return createElement(Fragment, null, shown);
}
