import { organizationOf, userOf } from '../changes/find.ts';
import type { Membership, Organization } from '../model.ts';
import { invitationJson } from '../shapes/invitation.ts';
import { organizationCounts, organizationJson } from '../shapes/organization.ts';
import type { World } from '../world.ts';
import type { Routes } from './app.ts';
import { idFilter, ordered, page } from './paging.ts';
import { membershipAnswer } from './people.ts';

export const organizationRoutes = (world: World): Routes => {
  const { state } = world;

  const organizationAnswer = (organization: Organization, query: URLSearchParams) => ({
    ...organizationJson(organization),
    ...(query.get('include_members_count') === 'true' ? organizationCounts(state, organization.id) : {}),
  });

  const membershipsAnswer = (memberships: Iterable<Membership>, query: URLSearchParams) => {
    const list = ordered(memberships, query, (membership) => {
      const user = userOf(state, membership.userId);
      return {
        created_at: membership.createdAt,
        email_address: user.email,
        first_name: user.firstName ?? '',
        last_name: user.lastName ?? '',
        username: user.username ?? '',
        phone_number: '',
      };
    });
    const { data, total_count } = page(list, query);
    return { data: data.map((membership) => membershipAnswer(world, membership)), total_count };
  };

  return {
    'GET /v1/organization_memberships': ({ query }) => membershipsAnswer(state.memberships.values(), query),

    'GET /v1/organizations': ({ query }) => {
      const wanted = idFilter(query, 'organization_id');
      const search = query.get('query')?.toLowerCase();
      const found = [...state.organizations.values()]
        .filter((organization) => wanted(organization.id))
        .filter(
          ({ id, name, slug }) =>
            !search || id === search || `${name} ${slug}`.toLowerCase().includes(search),
        );
      const list = ordered(found, query, ({ createdAt, name }) => ({ created_at: createdAt, name }));
      const { data, total_count } = page(list, query);
      return { data: data.map((organization) => organizationAnswer(organization, query)), total_count };
    },

    'GET /v1/organizations/:id': ({ param, query }) =>
      organizationAnswer(organizationOf(state, param('id')), query),

    'GET /v1/organizations/:id/memberships': ({ param, query }) => {
      const organization = organizationOf(state, param('id'));
      const user = idFilter(query, 'user_id');
      const role = idFilter(query, 'role');
      const members = [...state.memberships.values()].filter(
        (m) => m.organizationId === organization.id && user(m.userId) && role(m.role),
      );
      return membershipsAnswer(members, query);
    },

    'GET /v1/organizations/:id/invitations': ({ param, query }) => {
      const organization = organizationOf(state, param('id'));
      const status = idFilter(query, 'status');
      const found = [...state.invitations.values()].filter(
        (invitation) => invitation.organizationId === organization.id && status(invitation.status),
      );
      const newest = ordered(found, new URLSearchParams(), (invitation) => ({
        created_at: invitation.createdAt,
      }));
      const { data, total_count } = page(newest, query);
      return { data: data.map((invitation) => invitationJson(state, invitation)), total_count };
    },
  };
};
