import type { Draft } from '../draft.ts';
import type { OrganizationDeleted, OrganizationSnapshot } from '../evidence.ts';
import type { OrganizationFact } from '../facts.ts';
import type { OrganizationId } from '../ids.ts';
import { compareVersions, latest } from '../version.ts';
import { type Verdict, verdict } from './context.ts';

export function decideOrganization(draft: Draft, said: OrganizationSnapshot): Verdict {
  const known = draft.organizations.get(said.id) ?? unseen(said.id);
  if (known.deletedAt !== null) return verdict('stale', 'deleted_before');
  const order = known.version === null ? 1 : compareVersions(said.version, known.version);
  if (order <= 0) return verdict('stale', order === 0 ? 'already_known' : 'older_than_known');
  draft.organizations.put(said.id, { ...known, name: said.name, version: said.version });
  return verdict('applied', 'newer');
}

/** One fact on one row; nothing below it lives, now or later (rule 3). */
export function decideOrganizationDeleted(draft: Draft, said: OrganizationDeleted): Verdict {
  const known = draft.organizations.get(said.id) ?? unseen(said.id);
  if (known.deletedAt !== null) return verdict('stale', 'already_known');
  const cutoff = latest(known.cutoff, said.at);
  draft.organizations.put(said.id, { ...known, deletedAt: said.at, cutoff });
  draft.changes.push({
    kind: 'organization_deleted',
    organizationId: said.id,
    userId: null,
    role: null,
    permissions: [],
    cutoff: { of: 'organization', id: said.id, at: said.at, notBeforeCommit: true },
    at: said.at,
  });
  return verdict('applied', 'newer');
}

function unseen(id: OrganizationId): OrganizationFact {
  return { id, name: null, version: null, deletedAt: null, cutoff: null };
}
