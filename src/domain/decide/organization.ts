import type { Change, Cutoff } from '../changes.ts';
import type { Draft } from '../draft.ts';
import type {
  MembershipSnapshot,
  OrganizationDeleted,
  OrganizationMetadata,
  OrganizationSnapshot,
} from '../evidence.ts';
import type { OrganizationFact } from '../facts.ts';
import type { OrganizationId } from '../ids.ts';
import { difference, intersection, sameSet } from '../sets.ts';
import { compareVersions, latest } from '../version.ts';
import { type Context, type Verdict, verdict } from './context.ts';

type Allowed = Pick<OrganizationFact, 'features' | 'agents'>;

export function decideOrganization(draft: Draft, said: OrganizationSnapshot, context: Context): Verdict {
  const known = draft.organizations.get(said.id) ?? unseenOrganization(said.id);
  if (known.deletedAt !== null) return verdict('stale', 'deleted_before');
  const order = known.version === null ? 1 : compareVersions(said.version, known.version);
  if (order < 0) {
    // An answer that is behind settles nothing of what may wait for one: the provider is asked again.
    return said.told === 'observed'
      ? verdict('held', 'changed_too_recently')
      : verdict('stale', 'older_than_known');
  }
  const disputed = order === 0 && !sameAllowed(known, said.metadata);
  if (order === 0 && !disputed) return verdict('stale', 'already_known');

  const common = inBoth(known, said.metadata);
  const held = disputed || (context.late && !sameAllowed(common, said.metadata));
  const { features, agents } = held ? common : said.metadata;
  const { flaws } = said.metadata;
  draft.organizations.put(said.id, {
    ...known,
    name: said.name,
    version: said.version,
    features,
    agents,
    flaws,
  });
  recordFeatures(draft, known, said.version.at);
  recordAgents(draft, known, said.version.at);
  if (!held) return verdict('applied', 'newer');
  draft.effects.push({ kind: 'lookup_organization', organizationId: said.id });
  return verdict('held', disputed ? 'contested' : 'late_gain');
}

/** Whether some role's grants hang on one of these features. */
function matters(draft: Draft, features: readonly string[]): boolean {
  return draft.roleKeys
    .values()
    .some((key) => features.some((feature) => Object.hasOwn(key.featured, feature)));
}

/** One fact on one row; nothing below it lives, now or later (rule 3). */
export function decideOrganizationDeleted(draft: Draft, said: OrganizationDeleted): Verdict {
  const known = draft.organizations.get(said.id) ?? unseenOrganization(said.id);
  if (known.deletedAt !== null) return verdict('stale', 'already_known');
  const cutoff = latest(known.cutoff, said.at);
  draft.organizations.put(said.id, { ...known, deletedAt: said.at, cutoff });
  const gone = { kind: 'organization_deleted', organizationId: said.id } as const;
  record(draft, { ...gone, cutoff: cutoffOf(said.id, said.at), at: said.at });
  return verdict('applied', 'newer');
}

/** What a membership says of its organization is never applied, but news is worth a question. */
export function doubtOrganization(draft: Draft, { organizationId, organization }: MembershipSnapshot): void {
  if (organization === null || draft.policy?.readsOrganizations !== true) return;
  const known = draft.organizations.get(organizationId) ?? unseenOrganization(organizationId);
  if (sameAllowed(known, organization)) return;
  if (known.version !== null && organization.updatedAt <= known.version.updatedAt) return;
  draft.effects.push({ kind: 'lookup_organization', organizationId });
}

export function unseenOrganization(id: OrganizationId): OrganizationFact {
  return {
    id,
    name: null,
    version: null,
    features: [],
    agents: {},
    flaws: [],
    deletedAt: null,
    cutoff: null,
  };
}

/** A feature that some role's grants hang on was switched off: members are not looked at, so all older tokens go. */
function recordFeatures(draft: Draft, before: OrganizationFact, at: number): void {
  const after = draft.organizations.get(before.id) ?? before;
  if (sameSet(before.features, after.features)) return;
  const lost = matters(draft, difference(before.features, after.features));
  if (lost) draft.organizations.put(before.id, { ...after, cutoff: latest(after.cutoff, at) });
  const cutoff = lost ? cutoffOf(before.id, at) : null;
  record(draft, {
    kind: 'features_changed',
    organizationId: before.id,
    details: { features: after.features },
    cutoff,
    at,
  });
}

/** Agents have no tokens of the provider: they are asked about, and answered by what holds now. */
function recordAgents(draft: Draft, before: OrganizationFact, at: number): void {
  const after = draft.organizations.get(before.id) ?? before;
  for (const agentId of new Set([...Object.keys(before.agents), ...Object.keys(after.agents)])) {
    const tools = toolsOf(after, agentId);
    if (sameSet(toolsOf(before, agentId), tools)) continue;
    const permissions = tools.map((tool) => `tool:${tool}`);
    record(draft, { kind: 'agent_changed', organizationId: before.id, agentId, permissions, at });
  }
}

function record(
  draft: Draft,
  change: Pick<Change, 'kind' | 'organizationId' | 'at'> & Partial<Change>,
): void {
  const nothing = { userId: null, agentId: null, role: null, permissions: [], details: {}, cutoff: null };
  draft.changes.push({ ...nothing, ...change });
}

function cutoffOf(id: OrganizationId, at: number): Cutoff {
  return { of: 'organization', id, at, notBeforeCommit: true };
}

function toolsOf({ agents }: Allowed, id: string): readonly string[] {
  return Object.hasOwn(agents, id) ? (agents[id] ?? []) : [];
}

function inBoth(a: Allowed, b: Allowed): Allowed {
  const ids = Object.keys(a.agents).filter((id) => Object.hasOwn(b.agents, id));
  return {
    features: intersection(a.features, b.features),
    agents: Object.fromEntries(ids.map((id) => [id, intersection(toolsOf(a, id), toolsOf(b, id))])),
  };
}

function sameAllowed(a: Allowed, b: Pick<OrganizationMetadata, 'features' | 'agents'>): boolean {
  const ids = new Set([...Object.keys(a.agents), ...Object.keys(b.agents)]);
  return sameSet(a.features, b.features) && [...ids].every((id) => sameSet(toolsOf(a, id), toolsOf(b, id)));
}
