import { type OrganizationId, pairKey, type UserId } from '../domain/ids.ts';
import type { MemberStanding, Store } from './ports.ts';

/** Whom an app takes for a member. */
export interface BelievedMember {
  readonly organization: OrganizationId;
  readonly user: UserId;
  /** Null where the app does not say. */
  readonly role: string | null;
}

/** Why an app and Rolecall do not agree. All but the last one are let in by the app alone. */
export const DISAGREEMENTS = ['not_a_member', 'suspended', 'contested', 'other_role'] as const;

export interface MemberDifference extends BelievedMember {
  readonly difference: (typeof DISAGREEMENTS)[number];
  /** What Rolecall says of the role; null for whoever is no member. */
  readonly known: string | null;
}

export interface Compared {
  /** How many were looked at this time. */
  readonly members: number;
  readonly differences: readonly MemberDifference[];
}

/** Pairs asked about at once. */
const BATCH = 500;

/** Compares an app's own members with what holds now, as they come: no more of them than a batch is kept. */
export async function* compareMembers(
  store: Pick<Store, 'readStanding'>,
  believed: AsyncIterable<BelievedMember>,
): AsyncGenerator<Compared, void, undefined> {
  let batch: BelievedMember[] = [];
  for await (const one of believed) {
    if (batch.push(one) < BATCH) continue;
    yield await compared(store, batch);
    batch = [];
  }
  if (batch.length > 0) yield await compared(store, batch);
}

async function compared(
  store: Pick<Store, 'readStanding'>,
  batch: readonly BelievedMember[],
): Promise<Compared> {
  const { members } = await store.readStanding({
    members: batch.map(({ organization, user }) => [organization, user]),
    agents: [],
    sessions: [],
  });
  const differences = batch.flatMap((one) => {
    const standing = members.get(pairKey(one.organization, one.user));
    const difference = differenceOf(one.role, standing);
    return difference === null ? [] : [{ ...one, difference, known: standing?.role ?? null }];
  });
  return { members: batch.length, differences };
}

function differenceOf(
  role: string | null,
  standing: MemberStanding | undefined,
): MemberDifference['difference'] | null {
  if (standing?.member !== true) return 'not_a_member';
  if (standing.suspended) return 'suspended';
  if (standing.contested) return 'contested';
  // Tokens say `admin` where events say `org:admin`: apps have kept the one or the other.
  return role === null || standing.role === role || standing.role === `org:${role}` ? null : 'other_role';
}
