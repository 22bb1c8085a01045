import { accessOf } from '../../domain/access.ts';
import type { Change } from '../../domain/changes.ts';
import { Draft } from '../../domain/draft.ts';
import type { Facts } from '../../domain/facts.ts';
import { difference } from '../../domain/sets.ts';
import type { CausedChange, Difference, ReplayStore } from '../ports.ts';

/** Changes of one row that reach people who are not looked at one by one. */
const WIDE: ReadonlySet<Change['kind']> = new Set(['suspended', 'user_deleted', 'organization_deleted']);

/**
 * Who gains and who loses what by each delivery of a page: what was held before it, by the facts and the deliveries
 * ahead of it, against what is held after it.
 */
export async function differencesOf(
  replays: Pick<ReplayStore, 'readAccessOf'>,
  facts: Facts,
  changes: readonly CausedChange[],
): Promise<ReadonlyMap<string, readonly Difference[]>> {
  const before = new Draft(facts);
  const held = new Map<string, readonly string[]>();
  const found = new Map<string, Difference[]>();
  const everywhere = await accessBelow(replays, changes);
  for (const { change, delivery } of changes) {
    if (delivery === null) continue;
    const told = WIDE.has(change.kind)
      ? everywhere.filter((one) => isBelow(one, change)).flatMap((one) => allLost(held, one))
      : narrow(before, held, change);
    found.set(delivery, [...(found.get(delivery) ?? []), ...told]);
  }
  return found;
}

async function accessBelow(replays: Pick<ReplayStore, 'readAccessOf'>, changes: readonly CausedChange[]) {
  const wide = changes.map(({ change }) => change).filter(({ kind }) => WIDE.has(kind));
  if (wide.length === 0) return [];
  return replays.readAccessOf(
    wide.flatMap(({ userId }) => userId ?? []),
    wide.flatMap(({ organizationId, userId }) => (userId === null ? (organizationId ?? []) : [])),
  );
}

type AccessRow = Awaited<ReturnType<ReplayStore['readAccessOf']>>[number];

function isBelow(row: AccessRow, { organizationId, userId }: Change): boolean {
  return userId === null ? row.organizationId === organizationId : row.userId === userId;
}

/** What somebody has lost already, by a delivery ahead of it, is not lost once more. */
function allLost(held: Map<string, readonly string[]>, row: AccessRow): Difference[] {
  const { organizationId: organization, userId: user } = row;
  const key = keyOf(organization, user);
  const lost = held.get(key) ?? row.permissions;
  held.set(key, []);
  return lost.length === 0 ? [] : [{ organization, user, agent: null, role: null, gained: [], lost }];
}

function keyOf(...parts: readonly (string | null)[]): string {
  return parts.join('/');
}

function narrow(before: Draft, held: Map<string, readonly string[]>, change: Change): Difference[] {
  const { organizationId, userId, agentId, role, permissions } = change;
  const key = userId === null ? keyOf(organizationId, userId, agentId, role) : keyOf(organizationId, userId);
  const had = held.get(key) ?? heldBefore(before, change);
  held.set(key, permissions);
  const [gained, lost] = [difference(permissions, had), difference(had, permissions)];
  if (gained.length === 0 && lost.length === 0) return [];
  return [{ organization: organizationId, user: userId, agent: agentId, role, gained, lost }];
}

function heldBefore(before: Draft, change: Change): readonly string[] {
  const { kind, organizationId, userId, agentId, role } = change;
  if (organizationId !== null && userId !== null) return accessOf(before, organizationId, userId).permissions;
  const organization = organizationId === null ? undefined : before.organizations.get(organizationId);
  if (agentId !== null) {
    const agents = organization?.agents ?? {};
    return Object.hasOwn(agents, agentId) ? (agents[agentId] ?? []).map((tool) => `tool:${tool}`) : [];
  }
  if (kind === 'features_changed') return organization?.features ?? [];
  if (kind === 'role_changed' && role !== null) return before.roleKeys.get(role)?.grants ?? [];
  return change.permissions;
}
