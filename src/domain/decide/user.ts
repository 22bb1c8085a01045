import type { ChangeKind, Cutoff } from '../changes.ts';
import type { Draft } from '../draft.ts';
import { type LossCause, revocationOwed } from '../effects.ts';
import type { UserDeleted, UserSnapshot } from '../evidence.ts';
import type { UserFact } from '../facts.ts';
import type { UserId } from '../ids.ts';
import { compareVersions, latest } from '../version.ts';
import { type Context, type Verdict, verdict } from './context.ts';

export function decideUser(draft: Draft, said: UserSnapshot, context: Context): Verdict {
  const known = draft.users.get(said.id) ?? unseen(said.id);
  const order = known.version === null ? 1 : compareVersions(said.version, known.version);
  const lifts = known.suspended && !said.suspended;
  const disputed = order === 0 && known.suspended !== said.suspended;
  const held = (context.late && order > 0 && lifts) || (disputed && known.deletedAt === null);
  const suspended = held || (order > 0 ? said.suspended : known.suspended);
  const passwordChangedAt = latest(known.passwordChangedAt, said.passwordChangedAt);
  draft.users.put(said.id, {
    ...known,
    version: order > 0 ? said.version : known.version,
    suspended,
    passwordChangedAt,
  });

  const cut =
    said.suspended && cutUser(draft, said.id, said.version.at, 'suspended', !known.suspended, context);
  // A suspension that was told when it was over, or told again, may be no news, but its cutoff is.
  if (suspended && (cut || !known.suspended)) record(draft, 'suspended', said.id, said.version.at);
  if (!suspended && (cut || known.suspended)) record(draft, 'restored', said.id, said.version.at, cut);
  // The password an account is made with ends no session: its first token is often of the same second.
  const changed = passwordChangedAt !== known.passwordChangedAt && said.told !== 'created';
  if (passwordChangedAt !== null && changed) {
    cutUser(draft, said.id, passwordChangedAt, 'password', true, context);
    record(draft, 'password_changed', said.id, passwordChangedAt);
  }

  if (known.deletedAt !== null) return verdict('stale', 'deleted_before');
  if (held) {
    draft.effects.push({ kind: 'lookup_user', userId: said.id });
    return verdict('held', disputed ? 'contested' : 'late_gain');
  }
  if (order > 0) return verdict('applied', 'newer');
  // An answer from before what is known settles no doubt about a suspension, whichever way it says.
  if (said.told === 'observed' && known.suspended) return verdict('held', 'contested');
  return verdict('stale', order === 0 ? 'already_known' : 'older_than_known');
}

export function decideUserDeleted(draft: Draft, said: UserDeleted, context: Context): Verdict {
  const known = draft.users.get(said.id) ?? unseen(said.id);
  draft.users.put(said.id, { ...known, deletedAt: latest(known.deletedAt, said.at) });
  if (known.deletedAt !== null) return verdict('stale', 'already_known');
  cutUser(draft, said.id, said.at, 'removed', true, context);
  record(draft, 'user_deleted', said.id, said.at);
  return verdict('applied', 'newer');
}

function unseen(id: UserId): UserFact {
  return {
    id,
    version: null,
    suspended: false,
    passwordChangedAt: null,
    deletedAt: null,
    cutoff: null,
  };
}

/**
 * A cutoff that was there already may have had a milder cause: `fresh` news owes its revocation all the same. True when
 * the cutoff moved.
 */
function cutUser(
  draft: Draft,
  id: UserId,
  at: number,
  cause: LossCause,
  fresh: boolean,
  context: Context,
): boolean {
  const user = draft.users.get(id) ?? unseen(id);
  const moved = user.cutoff === null || at > user.cutoff;
  if (moved) draft.users.put(id, { ...user, cutoff: at });
  const revocation = moved || fresh ? revocationOwed(id, at, cause, context.consequences) : null;
  if (revocation !== null) draft.effects.push(revocation);
  return moved;
}

function record(
  draft: Draft,
  kind: ChangeKind,
  userId: UserId,
  at: number,
  cuts = kind !== 'restored',
): void {
  const reached = draft.users.get(userId)?.cutoff ?? null;
  const cutoff: Cutoff | null =
    reached === null || !cuts ? null : { of: 'user', id: userId, at: reached, notBeforeCommit: false };
  draft.changes.push({
    kind,
    organizationId: null,
    userId,
    agentId: null,
    role: null,
    permissions: [],
    details: {},
    cutoff,
    at,
  });
}
