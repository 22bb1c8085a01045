import { isAlive } from '../../domain/access.ts';
import type { Snapshot } from '../../domain/evidence.ts';
import type { Facts } from '../../domain/facts.ts';
import { permissionSet, sameSet } from '../../domain/sets.ts';
import type { Version } from '../../domain/version.ts';
import type { Drift } from '../ports.ts';

/** An answer may lack what the provider told within the minute before it (rule 8). */
const MARGIN_MS = 60_000;

/**
 * What the provider lists although here it has ended for good, or is otherwise since a later time than the provider's own.
 * By the rules its answer takes nothing of that back, so it is only told. No provider contradicts itself so: somebody has
 * signed in its name, or it was restored.
 */
export function contradictionOf(facts: Facts, listed: Snapshot): Drift | null {
  switch (listed.kind) {
    case 'role': {
      const known = facts.roles.get(listed.id);
      const theirs = permissionSet(listed.permissions.map(({ key }) => key));
      if (known === undefined || !contradicts(known, listed, sameSet(known.permissions, theirs))) return null;
      return told(null, null, listed.id, endOr(known, { permissions: known.permissions }), {
        permissions: theirs,
      });
    }
    case 'organization': {
      const known = facts.organizations.get(listed.id);
      if (known === undefined || !contradicts(known, listed, true)) return null;
      return told(listed.id, null, listed.id, endOr(known, {}), { name: listed.name });
    }
    case 'user': {
      const known = facts.users.get(listed.id);
      const { suspended } = listed;
      if (known === undefined || !contradicts(known, listed, known.suspended === suspended)) return null;
      return told(null, listed.id, listed.id, endOr(known, { suspended: known.suspended }), { suspended });
    }
    case 'membership': {
      const known = facts.memberships.get(listed.id);
      const { organizationId, userId, role } = listed;
      const agrees = known !== undefined && isAlive(known) && known.role === role;
      if (known === undefined || !contradicts(known, listed, agrees)) return null;
      return told(organizationId, userId, listed.id, endOr(known, { role: known.role }), { role });
    }
  }
}

interface Known {
  readonly version: Version | null;
  readonly deletedAt: number | null;
}

function contradicts(
  { version, deletedAt }: Known,
  said: { readonly version: Version },
  agrees: boolean,
): boolean {
  const before = said.version.at - MARGIN_MS;
  if (deletedAt !== null) return deletedAt <= before;
  return !agrees && version !== null && version.at <= before && version.updatedAt > said.version.updatedAt;
}

function endOr({ deletedAt }: Known, ours: object): object {
  return deletedAt === null ? ours : { deleted: true };
}

function told(
  organizationId: string | null,
  userId: string | null,
  subject: string,
  ours: object,
  theirs: object,
): Drift {
  return { kind: 'contradicted', organizationId, userId, subject, ours, theirs };
}
