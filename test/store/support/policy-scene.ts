import postgres, { type Sql } from 'postgres';
import type { CompiledPolicy } from '../../../src/domain/compiled-policy.ts';
import { grants, policy } from '../../domain/support/house.ts';
import { freshDatabase } from '../../setup/fresh-database.ts';

const workspace = { scope: 'workspace' };

/** A bit of everything that policies say. */
export const somePolicy = policy({
  scopes: { workspace: true, project: false },
  readsOrganizations: true,
  exactlyOne: [{ role: 'owner', settleSeconds: 60 }],
  roles: {
    owner: grants(['rule', 'see'], { invites: ['viewer'] }),
    viewer: grants(['see own', 'note assigned']),
    ADMIN: grants(['enter'], workspace),
  },
});

/** A database in which rows stand as decisions would have left them. */
export interface PolicyScene {
  readonly sql: Sql;
  /** Nothing at all, and no policy. */
  clear(): Promise<void>;
  /** What roles come to is the code's part: here their keys stand as they come of it. */
  activate(expected: number, next: CompiledPolicy, more?: object): Promise<void>;
  join(user: string, role: string, more?: Record<string, unknown>): Promise<void>;
  stop(): Promise<void>;
}

export async function policyScene(): Promise<PolicyScene> {
  const database = await freshDatabase();
  const sql = postgres(database.url, { max: 3, onnotice: () => undefined });
  return {
    sql,
    async clear() {
      await sql`
        truncate rolecall.pairs, rolecall.memberships, rolecall.role_keys, rolecall.roles, rolecall.organizations,
          rolecall.policies, rolecall.holds, rolecall.findings, rolecall.effects, rolecall.invitations`;
      await sql`
        update rolecall.active_policy set version = 0, digest = null, scopes = '{}', reached = '{}',
          reads_organizations = false, first_role = null, first_count = 0`;
    },
    async activate(expected, next, more = {}) {
      const named = {
        name: 'p',
        document: {},
        digest: `d${expected}`,
        by: 'ops',
        reason: 'x',
        approving: null,
      };
      const activation = JSON.stringify({ ...named, expected, compiled: next, ...more });
      await sql`select rolecall.activate_policy(${activation}::text::jsonb)`;
      for (const [key, { scope, grants: texts, featured }] of Object.entries(next.roles)) {
        await sql`
          insert into rolecall.role_keys (key, scope, grants, featured)
          values (${key}, ${scope}, ${[...texts]}, ${sql.json(featured)}) on conflict (key) do nothing`;
      }
    },
    async join(user, role, more = {}) {
      const id = `mem_${user}`;
      const row = { id, organization_id: 'org_1', user_id: user, created_at: 1, role, seen_at: 1, ...more };
      await sql`insert into rolecall.memberships ${sql(row)}`;
      await sql`
        insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at)
        values ('org_1', ${user}, ${id}, 1, 1)`;
    },
    async stop() {
      await sql.end();
      await database.drop();
    },
  };
}
