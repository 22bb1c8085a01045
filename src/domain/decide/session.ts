import type { Draft } from '../draft.ts';
import type { SessionEnded, SessionStarted } from '../evidence.ts';
import { type Verdict, verdict } from './context.ts';

export function decideSession(draft: Draft, said: SessionStarted): Verdict {
  if (draft.sessions.get(said.id) !== undefined) return verdict('stale', 'already_known');
  draft.sessions.put(said.id, { id: said.id, userId: said.userId, endedAt: null });
  return verdict('applied', 'newer');
}

/** A session that ended is refused for ever, whatever is told of it afterwards. */
export function decideSessionEnded(draft: Draft, said: SessionEnded): Verdict {
  const known = draft.sessions.get(said.id);
  if (known?.endedAt != null) return verdict('stale', 'already_known');
  draft.sessions.put(said.id, { id: said.id, userId: known?.userId ?? said.userId, endedAt: said.at });
  draft.changes.push({
    kind: 'session_ended',
    organizationId: null,
    userId: said.userId,
    agentId: null,
    role: null,
    permissions: [],
    details: {},
    cutoff: { of: 'session', id: said.id, at: said.at, notBeforeCommit: false },
    at: said.at,
  });
  return verdict('applied', 'newer');
}
