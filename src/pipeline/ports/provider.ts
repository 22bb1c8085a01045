import type { Evidence } from '../../domain/evidence.ts';
import type { OrganizationId, UserId } from '../../domain/ids.ts';

export interface ProviderSession {
  readonly id: string;
  readonly createdAt: number;
  /** Whether it may still be used. */
  readonly live: boolean;
}

export type ProviderFailure =
  | { readonly failure: 'rate_limited'; readonly retryAfterMs: number }
  | { readonly failure: 'timeout' | 'unreachable' | 'server_error' | 'unauthorized' | 'unexpected' };

/** One page of a list of the provider's. */
export interface ProviderPage {
  /** One for each that is listed and can be read, in order. */
  readonly evidence: readonly Evidence[];
  /** The ids of those that cannot: they are there, whatever they say. */
  readonly unreadable: readonly string[];
  readonly more: boolean;
  /** How many there are, as far as the provider tells; null where it does not. */
  readonly total: number | null;
}

export type ProviderAnswer<T> = { readonly answer: T } | ProviderFailure;

/** The provider's Backend API as far as it is used. Times out by itself; never throws; one call a method. */
export interface Provider {
  instance(): Promise<ProviderAnswer<string>>;
  member(organizationId: OrganizationId, userId: UserId): Promise<ProviderAnswer<readonly Evidence[]>>;
  user(userId: UserId): Promise<ProviderAnswer<readonly Evidence[]>>;
  organization(organizationId: OrganizationId): Promise<ProviderAnswer<readonly Evidence[]>>;
  roles(offset: number): Promise<ProviderAnswer<ProviderPage>>;
  organizations(offset: number): Promise<ProviderAnswer<ProviderPage>>;
  /** All of them, or the members of one organization. It counts as two calls. */
  users(organizationId: OrganizationId | null, offset: number): Promise<ProviderAnswer<ProviderPage>>;
  /** All of them, those that began first ahead, or those of one organization; nobody's where there is none such. */
  memberships(organizationId: OrganizationId | null, offset: number): Promise<ProviderAnswer<ProviderPage>>;
  sessions(
    userId: UserId,
    offset: number,
  ): Promise<ProviderAnswer<{ readonly sessions: readonly ProviderSession[]; readonly more: boolean }>>;
  revokeSession(sessionId: string): Promise<ProviderAnswer<'revoked' | 'gone'>>;
}
