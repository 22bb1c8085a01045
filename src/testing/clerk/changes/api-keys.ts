import { notFound } from '../errors.ts';
import type { ApiKey } from '../model.ts';
import type { World } from '../world.ts';

export interface ApiKeyDetails {
  readonly name?: string;
  readonly scopes?: readonly string[];
  readonly lifetimeMs?: number;
  readonly createdBy?: string;
}

/** API keys live on when sessions are revoked, do not expire by default, and fire no webhooks. */
export const apiKeyChanges = (world: World) => {
  const { state } = world;
  const hex = () => Array.from({ length: 32 }, () => world.random.below(16).toString(16)).join('');

  return {
    createApiKey(subject: string, details: ApiKeyDetails = {}): ApiKey {
      const id = `ak_${hex()}`;
      return world.change('createApiKey', { apiKey: id, subject }, (change) => {
        const value: ApiKey = {
          id,
          secret: `ak_${hex()}`,
          subject,
          name: details.name ?? 'key',
          scopes: [...(details.scopes ?? [])],
          claims: null,
          revoked: false,
          revocationReason: null,
          expiration: details.lifetimeMs === undefined ? null : change.at + details.lifetimeMs,
          createdBy: details.createdBy ?? null,
          lastUsedAt: null,
          createdAt: change.at,
          updatedAt: change.at,
        };
        change.write({ table: 'apiKeys', id, value });
        return value;
      });
    },

    revokeApiKey(id: string, reason: string | null = null): ApiKey {
      const key = state.apiKeys.get(id);
      if (key === undefined) throw notFound('API key', id);
      if (key.revoked) return key;
      return world.change('revokeApiKey', { apiKey: id, subject: key.subject }, (change) => {
        const value: ApiKey = { ...key, revoked: true, revocationReason: reason, updatedAt: change.at };
        change.write({ table: 'apiKeys', id, value });
        return value;
      });
    },
  };
};
