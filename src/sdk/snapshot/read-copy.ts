import { type Copy, emptyCopy, holdingOf, memberKey, membersOf, organizationOf, roleOf } from './copy.ts';
import { heldOf } from './grant-table.ts';
import { unreadable } from './problem.ts';
import { type Line, readLine } from './protocol.ts';
import { CUTOFFS_MATTER_MS } from './recent-cutoffs.ts';

type MemberLine = Extract<Line, { kind: 'member' }>;

export interface CopyReader {
  line(text: string): void;
  /** @throws SnapshotProblem unless the last line was the last line: half a snapshot is worth nothing. */
  finish(): Copy;
}

/** Makes a copy of a snapshot's lines. */
export function copyReader(): CopyReader {
  let begun: { readonly copy: Copy; readonly at: number } | null = null;
  let ended = false;
  let members = 0;
  const intern = interning();

  const read = (line: Line): void => {
    if (line.kind === 'snapshot') {
      if (begun !== null) throw unreadable('a snapshot in a snapshot');
      begun = { copy: emptyCopy(line.epoch, line.revision, reachesOf(line.scopes)), at: line.at };
      return;
    }
    if (begun === null || ended) throw unreadable('a line outside of a snapshot');
    const { copy, at } = begun;
    switch (line.kind) {
      case 'role': {
        const { scope, cutoff, grants, featured } = line;
        const role = roleOf(copy, line.role);
        Object.assign(role, { scope, cutoff: cutoff ?? 0, grants: heldOf(grants) });
        role.featured = featuredOf(featured);
        return;
      }
      case 'organization': {
        const organization = organizationOf(copy, line.organization);
        organization.features = line.features.length === 0 ? null : line.features;
        const agents = Object.entries(line.agents).map(([id, tools]) => [id, new Set(tools)] as const);
        organization.agents = agents.length === 0 ? null : new Map(agents);
        organization.cutoff = line.cutoff ?? 0;
        return;
      }
      case 'member':
        members += 1;
        return takeMember(copy, line, at, intern);
      case 'former_member':
        return copy.memberCutoffs.raise(memberKey(line.organization, line.user), line.cutoff);
      case 'user':
        if (line.suspended) copy.gone.set(line.user, 'suspended');
        return copy.userCutoffs.raise(line.user, line.cutoff ?? 0);
      case 'session':
        return copy.endedSessions.raise(line.session, at);
      case 'end':
        if (line.revision !== copy.revision || line.members !== members) {
          throw unreadable('an end that is not the end of this snapshot');
        }
        ended = true;
    }
  };
  return {
    line: (text) => read(readLine(text)),
    finish() {
      if (begun === null || !ended) throw unreadable('a snapshot without an end');
      return begun.copy;
    },
  };
}

function reachesOf(scopes: Extract<Line, { kind: 'snapshot' }>['scopes']) {
  return new Map(
    Object.entries(scopes).map(([type, { organization_roles_reach: reach }]) => [type, reach] as const),
  );
}

export function featuredOf(featured: Extract<Line, { kind: 'role' }>['featured']) {
  const entries = Object.entries(featured).map(([feature, grants]) => [feature, heldOf(grants)] as const);
  return entries.length === 0 ? null : new Map(entries);
}

function takeMember(copy: Copy, line: MemberLine, at: number, intern: (text: string) => string): void {
  const members = membersOf(copy, line.organization);
  if (members.has(line.user)) throw unreadable('a member twice');
  members.set(intern(line.user), holdingOf(copy, line, intern));
  // Most members were cut off once, and long ago.
  if (line.cutoff !== null && line.cutoff > at - CUTOFFS_MATTER_MS) {
    copy.memberCutoffs.raise(memberKey(line.organization, line.user), line.cutoff);
  }
}

/** Whoever is a member of several organizations has one name in memory. Only while the snapshot is read. */
function interning(): (text: string) => string {
  const seen = new Map<string, string>();
  return (text) => {
    const known = seen.get(text);
    if (known !== undefined) return known;
    seen.set(text, text);
    return text;
  };
}
