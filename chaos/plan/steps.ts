/**
 * One thing that happens at the provider. Its messages are sent, or lost for ever, so that only reconciling can find it,
 * or sent when everything else is over: in a long run that is long after they could have been believed.
 */
export type Step = { readonly at: number; readonly news?: 'never' | 'late' } & Deed;

type Deed =
  | { readonly do: 'createUser' | 'deleteUser'; readonly user: string }
  | { readonly do: 'banUser' | 'unbanUser' | 'deprovisionUser' | 'reprovisionUser'; readonly user: string }
  | { readonly do: 'changePassword'; readonly user: string }
  | { readonly do: 'createOrganization'; readonly organization: string }
  /** `told`: every member's leaving is told as well; the provider promises neither. */
  | { readonly do: 'deleteOrganization'; readonly organization: string; readonly told: boolean }
  | {
      readonly do: 'addMember' | 'changeRole';
      readonly organization: string;
      readonly user: string;
      readonly role: string;
    }
  | { readonly do: 'removeMember'; readonly organization: string; readonly user: string }
  | {
      readonly do: 'defineRole' | 'changeRolePermissions';
      readonly role: string;
      readonly permissions: readonly string[];
    }
  /** A session, and a token of it for the organization. */
  | {
      readonly do: 'signIn';
      readonly user: string;
      readonly session: string;
      readonly organization: string;
    }
  | { readonly do: 'mintToken'; readonly session: string; readonly organization: string }
  | { readonly do: 'endSession'; readonly session: string };

/** A step without its time. */
export type Happening = Step extends infer One ? (One extends Step ? Omit<One, 'at'> : never) : never;
