'use client';
import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useEffect,
  useMemo,
  useRef,
} from 'react';
import type { GetToken } from '../client/fetch-with-fresh-token.ts';
import { type Registry, registry } from './registry.ts';

export interface RolecallProviderProps {
  /** Where Rolecall is served, with its base path. */
  readonly url: string;
  /** Clerk's, of `useAuth()`. Only the user's own session token is ever shown to Rolecall. */
  readonly getToken: GetToken;
  /**
   * The organization that is active in the session: Clerk's `orgId`, undefined while it is not known and null for none.
   * What is asked about when nothing else is said.
   */
  readonly organization?: string | null | undefined;
  /** The global `fetch` when left out. */
  readonly fetch?: typeof fetch;
  readonly children?: ReactNode;
}

interface RolecallValue {
  readonly registry: Registry;
  readonly organization: string | null | undefined;
}

export const RolecallContext = createContext<RolecallValue | null>(null);

/** Around everything that asks what its user may do. It connects in browsers only, and while anything asks. */
export function RolecallProvider(props: RolecallProviderProps): ReactElement {
  const { url, getToken, fetch: send, children } = props;
  const organization = 'organization' in props ? props.organization : null;
  // Apps make these anew with every rendering, which is no reason to connect anew.
  const latest = useRef({ getToken, send });
  useEffect(() => {
    latest.current = { getToken, send };
  });
  const value = useMemo(
    () => ({
      organization,
      registry: registry(
        url,
        (options) => latest.current.getToken(options),
        (input, init) => (latest.current.send ?? fetch)(input, init),
      ),
    }),
    [url, organization],
  );
  return createElement(RolecallContext.Provider, { value }, children);
}
