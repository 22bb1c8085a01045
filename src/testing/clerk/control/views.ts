import type { StandInCore } from '../core.ts';

export type View = (standIn: StandInCore, query: URLSearchParams) => unknown;

const since = <Item>(items: readonly Item[], query: URLSearchParams): readonly Item[] =>
  items.slice(Number(query.get('after') ?? 0));

const timeOf = (query: URLSearchParams): number | undefined => {
  const at = query.get('at');
  return at === null ? undefined : Number(at);
};

/** What can be looked at. `after` skips that many from the start; `at` is a time in milliseconds. */
export const views: Readonly<Record<string, View>> = {
  instance: (s) => ({
    instanceId: s.instanceId,
    secretKey: s.secretKey,
    signingSecret: s.signingSecret,
    issuer: s.issuer,
    authorizedParty: s.authorizedParty,
    jwtKeyPem: s.jwtKeyPem,
  }),
  state: (s, query) => {
    const time = timeOf(query);
    const { pairs: _, ...tables } = time === undefined ? s.state : s.stateAt(time);
    return Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, [...table.values()]]));
  },
  access: (s, query) => {
    const time = timeOf(query);
    return time === undefined ? s.access() : s.accessAt(time);
  },
  history: (s, query) => since(s.history, query),
  sessions: (s, query) => {
    const user = query.get('userId');
    return [...s.state.sessions.values()].filter((session) => user === null || session.userId === user);
  },
  revocations: (s, query) => since(s.revocations, query),
  outbox: (s, query) => since(s.outbox, query),
  messages: (s, query) =>
    since(s.messages, query).map(({ id, event, url, status, attempts }) => ({
      id,
      eventId: event.id,
      type: event.type,
      url,
      status,
      attempts,
    })),
  deliveries: (s, query) => since(s.deliveries, query),
  calls: (s) => ({ total: s.calls.total(), byRoute: s.calls.byRoute(), log: s.calls.log }),
  /** Answers when no message is under way any more. */
  settled: async (s) => {
    await s.settled();
    return { pending: s.pending() };
  },
};
