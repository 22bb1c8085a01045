import { ORGANIZATION } from '../../domain/compiled-policy.ts';
import type { OrganizationMetadata } from '../../domain/evidence.ts';
import type { ScopedRoles } from '../../domain/facts.ts';
import { isIdentifier } from '../../domain/ids.ts';
import { exceeds } from './json-size.ts';

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
/** The metadata as a whole is no object. */
const NO_OBJECT = 'public_metadata';

/** `{"workspaces": {"ws_1": "WORKSPACE_ADMIN"}}`: the role in each workspace. Types are the names less their `s`. */
const SCOPES = /^([A-Za-z][A-Za-z0-9_]{0,49})s$/;
const MOST_ENTRIES = 1_000;
const MOST_FLAWS = 100;

export function membershipMetadata(metadata: unknown): MembershipMetadata {
  const flaws = flawsOf(metadata);
  const scoped: [string, Record<string, string>][] = [];
  for (const [name, value] of entriesOf(metadata)) {
    const type = SCOPES.exec(name)?.[1];
    // The organization is no resource inside itself: its roles are the membership's own.
    if (type === undefined || !isIdentifier(type) || type === ORGANIZATION || value === null) continue;
    const roles = entriesOf(value).filter(isScopedRole);
    if (roles.length < sizeOf(value) || roles.length > MOST_ENTRIES) flaws.push(name);
    if (roles.length > 0 && roles.length <= MOST_ENTRIES) scoped.push([type, record(roles)]);
  }
  return { scoped: record(scoped), flaws: flaws.slice(0, MOST_FLAWS) };
}

export function organizationMetadata(metadata: unknown, updatedAt: number): OrganizationMetadata {
  const flaws = flawsOf(metadata);
  const told = new Map(entriesOf(metadata));
  const features = identifiers(told.get('features'));
  if (features === null) flaws.push('features');
  const agents = agentsOf(told.get('agents') ?? {});
  if (agents.flawed) flaws.push('agents');
  return { updatedAt, features: features ?? [], agents: agents.tools, flaws };
}

/** `{"bot": {"tools": {"allowed": ["web_search"]}}}`. What is wrong with one agent takes nothing from the others. */
function agentsOf(given: unknown): {
  readonly tools: Record<string, readonly string[]>;
  readonly flawed: boolean;
} {
  const entries = entriesOf(given);
  if (entries.length > MOST_ENTRIES) return { tools: {}, flawed: true };
  const named = entries.filter(([id]) => isIdentifier(id));
  const lists = named.map(([id, agent]) => [id, toolsOf(agent)] as const);
  return {
    tools: record(lists.map(([id, tools]) => [id, tools ?? []] as const)),
    flawed: named.length < sizeOf(given) || lists.some(([, tools]) => tools === null),
  };
}

function toolsOf(agent: unknown): readonly string[] | null {
  if (!isObject(agent)) return null;
  const tools = new Map(entriesOf(agent)).get('tools') ?? {};
  return isObject(tools) ? identifiers(new Map(entriesOf(tools)).get('allowed')) : null;
}

/** Sorted, each once; none where there is no list, null when there is anything else than a list of names. */
function identifiers(value: unknown): readonly string[] | null {
  if (value == null) return [];
  if (!Array.isArray(value) || value.length > MOST_ENTRIES || !value.every(isIdentifier)) return null;
  return [...new Set(value)].sort();
}

function isScopedRole(entry: [string, unknown]): entry is [string, string] {
  return isIdentifier(entry[0]) && isIdentifier(entry[1]);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function entriesOf(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}

/** How many entries there would have to be: one at least in what is no object at all. */
function sizeOf(value: unknown): number {
  return isObject(value) ? Object.keys(value).length : 1;
}

function flawsOf(metadata: unknown): string[] {
  if (metadata == null) return [];
  return [...(exceeds(metadata, NEAR_LIMIT) ? [TOO_FULL] : []), ...(isObject(metadata) ? [] : [NO_OBJECT])];
}

/** With keys in order, so that equal ones are equal texts. */
function record<Value>(entries: readonly (readonly [string, Value])[]): Record<string, Value> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}
