import * as v from 'valibot';
import type { StandInState, Write } from './history.ts';
import { applyWrite, emptyState, HistoryEntry } from './history.ts';
import type { ClerkStandInOptions } from './options.ts';
import { defaults } from './options.ts';
import type { NewId, Random } from './random.ts';
import { anySeed, idMaker, seededRandom } from './random.ts';
import type { Json } from './shapes/json.ts';

export interface WebhookPayload {
  readonly object: 'event';
  readonly type: string;
  readonly timestamp: number;
  readonly instance_id: string;
  readonly event_attributes: {
    readonly http_request: { readonly client_ip: string; readonly user_agent: string };
  };
  readonly data: Json;
}

/** Something that happened and has to be told. */
export interface OutboxEvent {
  /** The message id for the first endpoint (`svix-id`); further endpoints get ids of their own. */
  readonly id: string;
  readonly type: string;
  readonly at: number;
  readonly payload: WebhookPayload;
  /** The very bytes that are signed. */
  readonly body: string;
}

export interface Revocation {
  readonly sessionId: string;
  readonly userId: string;
  /** The provider's time. */
  readonly at: number;
  /** `api`: by a call to the Backend API; `change`: by the instance itself, as in a ban. */
  readonly by: 'api' | 'change';
}

export interface Change {
  /** The provider's time of this change. */
  readonly at: number;
  readonly write: (write: Write) => void;
  readonly emit: (type: string, data: Json) => void;
}

export interface World {
  readonly instanceId: string;
  readonly now: () => number;
  readonly random: Random;
  readonly newId: NewId;
  readonly state: StandInState;
  readonly history: readonly HistoryEntry[];
  readonly outbox: readonly OutboxEvent[];
  readonly membershipEventsOnDelete: boolean;
  readonly revocations: Revocation[];
  /** One change: check first, then write and emit; a throw before the first write leaves nothing behind. */
  readonly change: <Result>(
    what: string,
    about: Readonly<Record<string, string>>,
    run: (change: Change) => Result,
  ) => Result;
  /**
   * Every change inside carries the same provider time: what two changes in one millisecond look like. Also for
   * setting up thousands at once, which would otherwise push the provider's time a millisecond each ahead.
   */
  readonly sameInstant: <Result>(run: () => Result) => Result;
  readonly onEvent: (listener: (event: OutboxEvent) => void) => void;
  /** The provider's present: the clock, or the last change where that is ahead of the clock. */
  readonly time: () => number;
}

export const createWorld = (options: ClerkStandInOptions): World => {
  const now = options.now ?? Date.now;
  const instanceId = options.instanceId ?? defaults.instanceId;
  const random = seededRandom(options.seed ?? anySeed());
  const newId = idMaker(random);
  const state = emptyState();
  const history: HistoryEntry[] = [];
  const outbox: OutboxEvent[] = [];
  const listeners: ((event: OutboxEvent) => void)[] = [];
  let last = 0;
  let frozen: number | undefined;

  for (const stored of options.restore ?? []) {
    const entry = v.parse(HistoryEntry, stored);
    for (const write of entry.writes) applyWrite(state, write);
    history.push(entry);
    last = entry.at;
  }

  const tick = () => {
    if (frozen !== undefined) return frozen;
    last = Math.max(Math.floor(now()), last + 1);
    return last;
  };

  const toEvent = (type: string, at: number, data: Json): OutboxEvent => {
    const payload: WebhookPayload = {
      data,
      event_attributes: { http_request: { client_ip: '192.0.2.1', user_agent: 'clerk-stand-in' } },
      instance_id: instanceId,
      object: 'event',
      timestamp: at,
      type,
    };
    return {
      id: newId('msg'),
      type,
      at,
      payload,
      // Made when it is wanted: kept, the bodies of a hundred thousand events are most of the memory.
      get body() {
        return JSON.stringify(payload);
      },
    };
  };

  return {
    instanceId,
    now,
    random,
    newId,
    state,
    history,
    outbox,
    revocations: [],
    membershipEventsOnDelete: options.membershipEventsOnDelete ?? false,
    time: () => Math.max(Math.floor(now()), last),
    change(what, about, run) {
      const at = tick();
      const writes: Write[] = [];
      const events: OutboxEvent[] = [];
      const result = run({
        at,
        write(write) {
          writes.push(write);
          applyWrite(state, write);
        },
        emit: (type, data) => void events.push(toEvent(type, at, data)),
      });
      const told = events.map(({ id, type }) => ({ id, type }));
      const entry: HistoryEntry = {
        seq: history.length + 1,
        at,
        what,
        about: { ...about },
        writes,
        events: told,
      };
      history.push(entry);
      options.onChange?.(entry);
      outbox.push(...events);
      for (const event of events) for (const listener of listeners) listener(event);
      return result;
    },
    sameInstant(run) {
      if (frozen !== undefined) return run();
      frozen = tick();
      try {
        return run();
      } finally {
        frozen = undefined;
      }
    },
    onEvent: (listener) => void listeners.push(listener),
  };
};
