import * as v from 'valibot';
import { notFound } from '../errors.ts';
import type { ApiKey, Role } from '../model.ts';
import { apiKeyJson } from '../shapes/api-key.ts';
import { permissionJson, roleJson } from '../shapes/role.ts';
import type { Tokens } from '../tokens.ts';
import type { World } from '../world.ts';
import type { Route, Routes } from './app.ts';
import { ordered, page } from './paging.ts';

const VerifyBody = v.object({ secret: v.string() });
const RevokeBody = v.object({ revocation_reason: v.optional(v.nullable(v.string())) });

const roleSetItem = (role: Role) => ({
  object: 'role_set_item',
  id: role.id,
  name: role.name,
  key: role.key,
  description: role.description,
  created_at: role.createdAt,
  updated_at: role.updatedAt,
});

export const instanceRoutes = (
  world: World,
  tokens: Tokens,
  revokeApiKey: (id: string, reason: string | null) => ApiKey,
): Routes => {
  const { state } = world;

  /** One set that holds every role, as an instance has that never made another. */
  const roleSet = () => {
    const roles = [...state.roles.values()];
    const item = (key: string) => {
      const role = roles.find((candidate) => candidate.key === key);
      return role === undefined ? null : roleSetItem(role);
    };
    const times = roles.map((role) => role.createdAt);
    const first = times.length === 0 ? 0 : Math.min(...times);
    return {
      object: 'role_set',
      id: 'role_set_standin',
      name: 'Default role set',
      key: 'role_set:default',
      description: '',
      roles: roles.map(roleSetItem),
      default_role: item('org:member'),
      creator_role: item('org:admin'),
      type: 'initial',
      role_set_migration: null,
      created_at: first,
      updated_at: first,
    };
  };

  const apiKeys: Record<string, Route> = {
    'GET /api_keys': ({ query }) => {
      const subject = query.get('subject');
      const all = query.get('include_invalid') === 'true';
      const answers = [...state.apiKeys.values()]
        .filter((key) => subject === null || key.subject === subject)
        .map((key) => ({ key, json: apiKeyJson(key, world.now()) }))
        .filter(({ key, json }) => all || !(key.revoked || json['expired'] === true));
      const newest = ordered(answers, new URLSearchParams(), ({ key }) => ({ created_at: key.createdAt }));
      const { data, total_count } = page(newest, query, 100);
      return { data: data.map(({ json }) => json), total_count };
    },
    'POST /api_keys/:id/revoke': async ({ param, body }) => {
      const wanted = v.safeParse(RevokeBody, await body());
      const reason = wanted.success ? (wanted.output.revocation_reason ?? null) : null;
      return apiKeyJson(revokeApiKey(param('id'), reason), world.now());
    },
    // A revoked or expired key is answered with 200 too: `revoked` and `expired` in the body say it.
    'POST /api_keys/verify': async ({ body }) => {
      const wanted = v.safeParse(VerifyBody, await body());
      const secret = wanted.success ? wanted.output.secret : '';
      const key = [...state.apiKeys.values()].find((candidate) => candidate.secret === secret);
      if (key === undefined) throw notFound('API key', 'of this secret');
      return apiKeyJson(key, world.now());
    },
  };

  const roleOf = (id: string): Role => {
    const role = state.roles.get(id);
    if (role === undefined) throw notFound('organization role', id);
    return role;
  };

  return {
    'GET /v1/instance': () => ({
      object: 'instance',
      id: world.instanceId,
      environment_type: 'development',
      allowed_origins: null,
      workspace_id: null,
    }),
    'GET /v1/jwks': () => tokens.jwks(),

    'GET /v1/organization_roles': ({ query }) => {
      const list = ordered(state.roles.values(), query, ({ createdAt, name, key }) => ({
        created_at: createdAt,
        name,
        key,
      }));
      const { data, total_count } = page(list, query);
      return { data: data.map((role) => roleJson(state, role)), total_count };
    },
    'GET /v1/organization_roles/:id': ({ param }) => roleJson(state, roleOf(param('id'))),

    'GET /v1/organization_permissions': ({ query }) => {
      const keys = ({ createdAt, name, key }: { createdAt: number; name: string; key: string }) => ({
        created_at: createdAt,
        name,
        key,
      });
      const { data, total_count } = page(ordered(state.permissions.values(), query, keys), query);
      return { data: data.map(permissionJson), total_count };
    },

    'GET /v1/role_sets': ({ query }) => page([roleSet()], query),
    'GET /v1/role_sets/:id': ({ param }) => {
      const set = roleSet();
      if (param('id') === set.id || param('id') === set.key) return set;
      throw notFound('role set', param('id'));
    },

    // The SDK asks for these without the version, others with it.
    ...apiKeys,
    ...Object.fromEntries(
      Object.entries(apiKeys).map(([route, handle]) => [route.replace(' ', ' /v1'), handle]),
    ),
  };
};
