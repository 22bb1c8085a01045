import type { Scope } from '../../domain/grant.ts';
import type { OrganizationId, UserId } from '../../domain/ids.ts';

/** Where a page of candidates begins, and how many it may hold. */
export interface CandidatesWanted {
  /** The last one of the page before. */
  readonly after: string | null;
  readonly limit: number;
}

/**
 * The store's side of searches: who and what comes into question, in an order of its own. Whoever is allowed is among
 * them; whether somebody is, the decision says.
 */
export interface SearchStore {
  /** Users whose role grants it outright, there, and `named` ones, who may hold it for what is theirs. */
  findHolders(
    wanted: CandidatesWanted & {
      readonly organizationId: OrganizationId;
      readonly permission: string;
      readonly scope: Scope | null;
      readonly named: readonly string[];
    },
  ): Promise<readonly string[]>;
  findAgents(
    wanted: CandidatesWanted & { readonly organizationId: OrganizationId },
  ): Promise<readonly string[]>;
  /** Organizations that the user belongs to, or did once. */
  findOrganizations(wanted: CandidatesWanted & { readonly userId: UserId }): Promise<readonly string[]>;
  /** Resources of a type in which anybody has a role. */
  findResources(
    wanted: CandidatesWanted & { readonly organizationId: OrganizationId; readonly type: string },
  ): Promise<readonly string[]>;
}
