import type { ApiKey } from '../model.ts';
import type { Json } from './json.ts';

export const apiKeyJson = (key: ApiKey, now: number): Json => ({
  object: 'api_key',
  id: key.id,
  type: 'api_key',
  subject: key.subject,
  name: key.name,
  description: null,
  claims: key.claims,
  scopes: key.scopes,
  revoked: key.revoked,
  revocation_reason: key.revocationReason,
  expired: key.expiration !== null && key.expiration <= now,
  expiration: key.expiration,
  created_by: key.createdBy,
  last_used_at: key.lastUsedAt,
  created_at: key.createdAt,
  updated_at: key.updatedAt,
});
