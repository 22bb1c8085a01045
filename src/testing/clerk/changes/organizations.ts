import type { Metadata, Organization } from '../model.ts';
import { deletedJson } from '../shapes/json.ts';
import { organizationJson } from '../shapes/organization.ts';
import type { World } from '../world.ts';
import { organizationOf, roleOf, userOf } from './find.ts';
import { join, leave } from './members.ts';

export interface OrganizationDetails {
  readonly id?: string;
  readonly name?: string;
  readonly slug?: string;
  readonly publicMetadata?: Metadata;
  readonly privateMetadata?: Metadata;
  /** The user who creates it and, as with Clerk, becomes its first `org:admin`. */
  readonly createdBy?: string;
}

export const organizationChanges = (world: World) => {
  const { state } = world;

  const update = (what: string, id: string, after: Partial<Organization>): Organization => {
    const before = organizationOf(state, id);
    return world.change(what, { organization: before.id }, (change) => {
      const value: Organization = { ...before, ...after, updatedAt: change.at };
      change.write({ table: 'organizations', id: value.id, value });
      change.emit('organization.updated', organizationJson(value));
      return value;
    });
  };

  return {
    createOrganization(details: OrganizationDetails = {}): Organization {
      const id = details.id ?? world.newId('org');
      const creator = details.createdBy === undefined ? null : userOf(state, details.createdBy).id;
      const role = creator === null ? null : roleOf(state, 'org:admin').key;
      return world.change('createOrganization', { organization: id }, (change) => {
        const value: Organization = {
          id,
          name: details.name ?? id,
          slug: details.slug ?? id.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
          publicMetadata: structuredClone(details.publicMetadata ?? {}),
          privateMetadata: structuredClone(details.privateMetadata ?? {}),
          createdBy: creator,
          createdAt: change.at,
          updatedAt: change.at,
        };
        change.write({ table: 'organizations', id, value });
        change.emit('organization.created', organizationJson(value));
        if (creator !== null && role !== null) join(world, change, id, creator, role, {});
        return value;
      });
    },

    updateOrganization: (
      id: string,
      after: { readonly name?: string; readonly slug?: string },
    ): Organization => update('updateOrganization', id, after),

    updateOrganizationMetadata: (id: string, publicMetadata: Metadata): Organization =>
      update('updateOrganizationMetadata', id, { publicMetadata: structuredClone(publicMetadata) }),

    deleteOrganization(id: string, options: { readonly membershipEvents?: boolean } = {}): void {
      const organization = organizationOf(state, id);
      const tell = options.membershipEvents ?? world.membershipEventsOnDelete;
      world.change('deleteOrganization', { organization: organization.id }, (change) => {
        for (const membership of [...state.memberships.values()]) {
          if (membership.organizationId === organization.id) leave(world, change, membership, tell);
        }
        for (const invitation of [...state.invitations.values()]) {
          if (invitation.organizationId !== organization.id) continue;
          change.write({ table: 'invitations', id: invitation.id, value: null });
        }
        change.write({ table: 'organizations', id: organization.id, value: null });
        change.emit('organization.deleted', deletedJson('organization', organization.id, organization.slug));
      });
    },
  };
};
