import type { GetToken } from '../client/fetch-with-fresh-token.ts';
import { LOADING, type MyAccess } from './my-access.ts';
import { watchAccess } from './watch-access.ts';

/** Who may see what, by organization: each is watched while anything on the page depends on it. */
export interface Registry {
  /** @returns what ends it. */
  subscribe(organization: string, listener: () => void): () => void;
  current(organization: string): MyAccess;
}

interface Watched {
  access: MyAccess;
  readonly listeners: Set<() => void>;
  readonly stop: () => void;
}

export function registry(url: string, getToken: GetToken, send: typeof fetch): Registry {
  const base = url.replace(/\/+$/, '');
  const organizations = new Map<string, Watched>();

  const watch = (organization: string): Watched => {
    const watched: Watched = {
      access: LOADING,
      listeners: new Set(),
      stop: watchAccess({
        url: base,
        organization,
        getToken,
        fetch: send,
        onAccess(access) {
          watched.access = access;
          for (const listener of watched.listeners) listener();
        },
      }),
    };
    organizations.set(organization, watched);
    return watched;
  };

  return {
    subscribe(organization, listener) {
      const watched = organizations.get(organization) ?? watch(organization);
      watched.listeners.add(listener);
      return () => {
        watched.listeners.delete(listener);
        if (watched.listeners.size > 0) return;
        watched.stop();
        if (organizations.get(organization) === watched) organizations.delete(organization);
      };
    },
    current: (organization) => organizations.get(organization)?.access ?? LOADING,
  };
}
