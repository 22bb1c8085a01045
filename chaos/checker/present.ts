import * as v from 'valibot';
import type { HistoryEntry } from '../../src/testing/clerk/history.ts';
import { pairOf } from './truth.ts';

/** Somebody of whose leaving the provider tells; null where it is everybody's. */
export interface Removal {
  readonly organization: string | null;
  readonly user: string | null;
  readonly membership: string | null;
}

interface Told {
  readonly id: string;
  readonly type: string;
  readonly payload: { readonly data: unknown };
}

const Membership = v.object({
  id: v.string(),
  organization: v.object({ id: v.string() }),
  public_user_data: v.object({ user_id: v.string() }),
});
const Deleted = v.object({ id: v.string() });

/** What the provider has at this moment: its history and its events, read on as they grow. */
export class Present {
  readonly #history: readonly HistoryEntry[];
  readonly #outbox: readonly Told[];
  readonly #latest = new Map<string, string>();
  readonly #removals = new Map<string, Removal>();
  #read = 0;
  #told = 0;

  constructor(history: readonly HistoryEntry[], outbox: readonly Told[]) {
    this.#history = history;
    this.#outbox = outbox;
  }

  /** The latest membership that the user ever had there. */
  latestMembership(organization: string, user: string): string | undefined {
    for (; this.#read < this.#history.length; this.#read += 1) {
      for (const write of this.#history[this.#read]?.writes ?? []) {
        if (write.table !== 'memberships' || write.value === null) continue;
        this.#latest.set(pairOf(write.value.organizationId, write.value.userId), write.id);
      }
    }
    return this.#latest.get(pairOf(organization, user));
  }

  /** Whom the message with this id removed; undefined where it is about something else. */
  removedBy(delivery: string): Removal | undefined {
    for (; this.#told < this.#outbox.length; this.#told += 1) {
      const event = this.#outbox[this.#told];
      const removal = event === undefined ? undefined : removalOf(event);
      if (event !== undefined && removal !== undefined) this.#removals.set(event.id, removal);
    }
    return this.#removals.get(delivery);
  }
}

function removalOf({ type, payload: { data } }: Told): Removal | undefined {
  if (type === 'organizationMembership.deleted') {
    const { id, organization, public_user_data } = v.parse(Membership, data);
    return { organization: organization.id, user: public_user_data.user_id, membership: id };
  }
  const everybody = { organization: null, user: null, membership: null };
  if (type === 'user.deleted') return { ...everybody, user: v.parse(Deleted, data).id };
  if (type === 'organization.deleted') return { ...everybody, organization: v.parse(Deleted, data).id };
  return undefined;
}
