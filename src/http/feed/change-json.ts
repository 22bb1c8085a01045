import type { ScopedRoles } from '../../domain/facts.ts';
import type { Scope } from '../../domain/grant.ts';
import { grantOf } from '../../domain/grant.ts';
import type { FeedChange } from '../../pipeline/ports.ts';
import { grantJson, instant } from '../json.ts';

/** A change as `docs/feed.md` has it: what is about everybody first, then what only some kinds have. */
export function changeJson(change: FeedChange) {
  const { details } = change;
  return {
    revision: change.revision,
    kind: change.kind,
    organization: change.organizationId,
    user: change.userId,
    agent: change.agentId,
    role: change.role,
    permissions: change.permissions.map(grantJson),
    ...(details.scoped === undefined ? {} : { roles: resourceRoles(details.scoped) }),
    ...(details.contested === undefined ? {} : { contested: true }),
    ...(details.waiting === undefined
      ? {}
      : { waiting: details.waiting.map(({ role, scoped }) => ({ role, roles: resourceRoles(scoped) })) }),
    ...(change.suspended ? { suspended: true } : {}),
    ...(details.scope === undefined ? {} : { scope: details.scope }),
    ...(details.featured === undefined ? {} : { featured: featuredJson(details.featured) }),
    ...(details.features === undefined ? {} : { features: details.features }),
    ...(details.scopes === undefined ? {} : { scopes: scopesJson(details.scopes) }),
    ...(details.unsure === undefined ? {} : { unsure: details.unsure }),
    cutoff: change.cutoff === null ? null : { ...change.cutoff, at: instant(change.cutoff.at) },
    at: instant(change.at),
    delivery: change.deliveryId,
  };
}

function resourceRoles(scoped: ScopedRoles): { readonly role: string; readonly scope: Scope }[] {
  return Object.entries(scoped).flatMap(([type, roles]) =>
    Object.entries(roles).map(([id, role]) => ({ role, scope: { type, id } })),
  );
}

function featuredJson(featured: Readonly<Record<string, readonly string[]>>): object {
  return Object.fromEntries(
    Object.entries(featured).map(([feature, texts]) => [
      feature,
      texts.map((text) => grantJson(grantOf(text))),
    ]),
  );
}

function scopesJson(scopes: Readonly<Record<string, boolean>>): object {
  return Object.fromEntries(
    Object.entries(scopes).map(([type, reach]) => [type, { organization_roles_reach: reach }]),
  );
}
