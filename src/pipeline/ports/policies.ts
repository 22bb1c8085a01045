import type { ResolvedPolicy } from '../../policy/resolved-policy.ts';
import type { Hold, PolicyHold } from './holds.ts';

/** How many members hold some roles, and how many of them would lose by a policy. */
export interface Holders {
  readonly byRole: Readonly<Record<string, number>>;
  readonly members: number;
  readonly losing: number;
  /** Those with members who would lose: the 50 that are hit hardest. */
  readonly organizations: readonly {
    readonly organization: string;
    readonly members: number;
    readonly losing: number;
  }[];
  readonly sample: readonly { readonly organization: string; readonly user: string; readonly role: string }[];
}

/** One activation. */
export interface PolicyRecord {
  readonly version: number;
  readonly name: string;
  readonly digest: string;
  readonly by: string;
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
}

/** The store's side of policies: what is active, what was, and what waits. */
export interface PolicyStore {
  readActivePolicy(): Promise<(PolicyRecord & { readonly document: ResolvedPolicy }) | null>;
  readPolicy(version: number): Promise<(PolicyRecord & { readonly document: ResolvedPolicy }) | null>;
  /** The latest first. */
  readPolicies(): Promise<readonly PolicyRecord[]>;
  /** @param tolerated how many, or which share of its members, an organization may lose before it is hit hard. */
  countHolders(
    roles: readonly string[],
    losing: readonly string[],
    tolerated: { readonly few: number; readonly share: number },
  ): Promise<Holders>;
  /** The hold's id; of the one that waits already when the same was raised before. */
  raiseHold(
    hold: Pick<PolicyHold, 'kind' | 'payload' | 'by' | 'reason'> & { readonly difference: object },
  ): Promise<number>;
  readHolds(status: Hold['status']): Promise<readonly Hold[]>;
  readHold(id: number): Promise<Hold | null>;
  /** Of a policy. False when it does not wait any more. */
  rejectHold(id: number, by: string, reason: string): Promise<boolean>;
}
