import { createServer, type ServerResponse } from 'node:http';
import { answer } from '../src/testing/clerk/api/answer.ts';
import { page } from '../src/testing/clerk/api/paging.ts';
import { emptyState } from '../src/testing/clerk/history.ts';
import type { Membership, Organization, Permission, Role, User } from '../src/testing/clerk/model.ts';
import { membershipJson } from '../src/testing/clerk/shapes/membership.ts';
import { organizationJson } from '../src/testing/clerk/shapes/organization.ts';
import { roleJson } from '../src/testing/clerk/shapes/role.ts';
import { userJson } from '../src/testing/clerk/shapes/user.ts';
import { MADE_AT, membershipOf, organizationOf, userOf } from './members.ts';
import { ROLE } from './signed-events.ts';

/**
 * Clerk's lists with a million in them, each item made of its number when it is asked for and in the stand-in's shapes:
 * the stand-in itself keeps a history and sorts all of it for each page, which takes longer than what is measured.
 */
const members = Number(process.env['MEMBERS']);
const organizations = Number(process.env['ORGANIZATIONS']);
let calls = 0;

const permission = (key: string): Permission => ({
  id: `perm_${key}`,
  key,
  name: key,
  description: '',
  type: 'user',
  createdAt: MADE_AT,
  updatedAt: MADE_AT,
});

const role: Role = {
  ...ROLE,
  description: '',
  isCreatorEligible: false,
  createdAt: MADE_AT,
  updatedAt: MADE_AT,
};

const state = emptyState();
state.roles.set(role.id, role);
for (const key of ROLE.permissions) state.permissions.set(key, permission(key));

const organization = (n: number): Organization => ({
  id: organizationOf(n, organizations),
  name: `Organization ${n % organizations}`,
  slug: `organization-${n % organizations}`,
  publicMetadata: {},
  privateMetadata: {},
  createdBy: null,
  createdAt: MADE_AT,
  updatedAt: MADE_AT,
});

const user = (n: number): User => ({
  id: userOf(n),
  email: `user_${n}@example.com`,
  firstName: 'Ada',
  lastName: 'Lovelace',
  username: null,
  publicMetadata: {},
  privateMetadata: {},
  unsafeMetadata: {},
  banned: false,
  deprovisioned: false,
  passwordLastUpdatedAt: null,
  createdAt: MADE_AT + n,
  updatedAt: MADE_AT + n,
});

const membership = (n: number): Membership => ({
  id: membershipOf(n),
  organizationId: organizationOf(n, organizations),
  userId: userOf(n),
  role: ROLE.key,
  publicMetadata: {},
  privateMetadata: {},
  createdAt: MADE_AT + n,
  updatedAt: MADE_AT + n,
});

/** A page of those numbers, the first made first, as all of them are asked for. */
function listed(query: URLSearchParams, total: number, shape: (n: number) => object) {
  const limit = Number(query.get('limit') ?? 10);
  const offset = Number(query.get('offset') ?? 0);
  const many = Math.max(0, Math.min(limit, total - offset));
  return { data: Array.from({ length: many }, (_, at) => shape(offset + at)), total_count: total };
}

function answerTo(path: string, query: URLSearchParams): unknown {
  switch (path) {
    case '/v1/instance':
      return { object: 'instance', id: 'ins_bench', environment_type: 'production', allowed_origins: null };
    case '/v1/organization_roles':
      return page([roleJson(state, role)], query);
    case '/v1/organizations':
      return listed(query, organizations, (n) => organizationJson(organization(n)));
    case '/v1/users':
      return listed(query, members, (n) => userJson(user(n))).data;
    case '/v1/users/count':
      return { object: 'total_count', total_count: members };
    case '/v1/organization_memberships':
      return listed(query, members, (n) => membershipJson(state, membership(n), organization(n), user(n)));
    default:
      return null;
  }
}

async function respond(url: string, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
  if (pathname === '/calls') {
    response.end(String(calls));
    return;
  }
  calls += 1;
  const found = answerTo(pathname, searchParams);
  const answered = answer(found, Date.now(), found === null ? 404 : 200);
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  response.end(await answered.text());
}

const server = createServer((request, response) => void respond(request.url ?? '/', response));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') process.send?.(`http://127.0.0.1:${address.port}`);
});
