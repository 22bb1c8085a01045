import type { OrganizationMetadata } from '../../domain/evidence.ts';
import type { ScopedRoles } from '../../domain/facts.ts';
import { isIdentifier } from '../../domain/ids.ts';

/**
 * What is read of `public_metadata`, which backends alone can write (https://clerk.com/docs/guides/users/extending):
 * own properties of known shape, and nothing else. What cannot be read grants nothing, and is named as a flaw.
 */
export interface MembershipMetadata {
  readonly scoped: ScopedRoles;
  readonly flaws: readonly string[];
}

/** Clerk keeps 8 KB of public metadata and refuses more: a role that did not fit any more would be missed in silence. */
const NEAR_LIMIT = 7 * 1024;
const TOO_FULL = 'size';

/** `{"workspaces": {"ws_1": "WORKSPACE_ADMIN"}}`: the role in each workspace. Types are the names less their `s`. */
const SCOPES = /^([A-Za-z][A-Za-z0-9_]{0,49})s$/;
const MOST_RESOURCES = 1_000;
const MOST_FLAWS = 20;

export function membershipMetadata(metadata: unknown): MembershipMetadata {
  const flaws = sizeFlaws(metadata);
  const scoped: [string, Record<string, string>][] = [];
  for (const [name, value] of entriesOf(metadata)) {
    const type = SCOPES.exec(name)?.[1];
    if (type === undefined || value === null) continue;
    const roles = entriesOf(value).filter(isScopedRole);
    if (roles.length < sizeOf(value) || roles.length > MOST_RESOURCES) flaws.push(name);
    if (roles.length > 0 && roles.length <= MOST_RESOURCES) scoped.push([type, record(roles)]);
  }
  return { scoped: record(scoped), flaws: flaws.slice(0, MOST_FLAWS) };
}

export function organizationMetadata(metadata: unknown, updatedAt: number): OrganizationMetadata {
  const flaws = sizeFlaws(metadata);
  const told = new Map(entriesOf(metadata));
  const features = identifiers(told.get('features') ?? []);
  if (features === null) flaws.push('features');
  const given = told.get('agents') ?? {};
  const agents = entriesOf(given).filter(([id]) => isIdentifier(id));
  const lists = agents.map(([id, agent]) => [id, toolsOf(agent)] as const);
  if (agents.length < sizeOf(given) || lists.some(([, tools]) => tools === null)) flaws.push('agents');
  return {
    updatedAt,
    features: features ?? [],
    agents: record(lists.map(([id, tools]) => [id, tools ?? []] as const)),
    flaws,
  };
}

/** `{"tools": {"allowed": ["web_search"]}}`. */
function toolsOf(agent: unknown): readonly string[] | null {
  const tools = new Map(entriesOf(agent)).get('tools');
  return identifiers(new Map(entriesOf(tools)).get('allowed') ?? []);
}

/** Sorted, each once; null when it is anything else than a list of names. */
function identifiers(value: unknown): readonly string[] | null {
  if (!Array.isArray(value) || value.length > MOST_RESOURCES || !value.every(isIdentifier)) return null;
  return [...new Set(value)].sort();
}

function isScopedRole(entry: [string, unknown]): entry is [string, string] {
  return isIdentifier(entry[0]) && isIdentifier(entry[1]);
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

/** How many entries there would have to be: one at least in what is no object at all. */
function sizeOf(value: unknown): number {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value).length : 1;
}

function sizeFlaws(metadata: unknown): string[] {
  const size = metadata == null ? 0 : new TextEncoder().encode(JSON.stringify(metadata)).length;
  return size > NEAR_LIMIT ? [TOO_FULL] : [];
}

/** With keys in order, so that equal ones are equal texts. An entry called `__proto__` stays an entry. */
function record<Value>(entries: readonly (readonly [string, Value])[]): Record<string, Value> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}
