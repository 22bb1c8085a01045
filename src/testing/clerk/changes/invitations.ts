import { invalid } from '../errors.ts';
import type { Invitation, Membership, Metadata } from '../model.ts';
import { invitationEventJson } from '../shapes/invitation.ts';
import type { World } from '../world.ts';
import { invitationOf, membershipIn, organizationOf, roleOf, userOf } from './find.ts';
import { join } from './members.ts';

export interface InvitationDetails {
  readonly inviterId?: string;
  readonly publicMetadata?: Metadata;
  readonly privateMetadata?: Metadata;
}

export const invitationChanges = (world: World) => {
  const { state } = world;

  const pending = (id: string): Invitation => {
    const invitation = invitationOf(state, id);
    if (invitation.status === 'pending') return invitation;
    throw invalid('organization_invitation_not_pending', `The invitation is ${invitation.status}`);
  };

  return {
    createInvitation(
      organizationId: string,
      email: string,
      role: string,
      details: InvitationDetails = {},
    ): Invitation {
      const organization = organizationOf(state, organizationId);
      const { key } = roleOf(state, role);
      const id = world.newId('orginv');
      return world.change('createInvitation', { organization: organization.id, invitation: id }, (change) => {
        const value: Invitation = {
          id,
          email,
          organizationId: organization.id,
          inviterId: details.inviterId ?? null,
          role: key,
          status: 'pending',
          userId: null,
          publicMetadata: structuredClone(details.publicMetadata ?? {}),
          privateMetadata: structuredClone(details.privateMetadata ?? {}),
          expiresAt: change.at + 30 * 86_400_000,
          createdAt: change.at,
          updatedAt: change.at,
        };
        change.write({ table: 'invitations', id, value });
        change.emit('organizationInvitation.created', invitationEventJson(state, value));
        return value;
      });
    },

    /** The user joins with the invitation's role, and its metadata becomes the membership's. */
    acceptInvitation(id: string, userId: string): Membership {
      const invitation = pending(id);
      userOf(state, userId);
      if (membershipIn(state, invitation.organizationId, userId)) {
        throw invalid('already_a_member_in_organization', 'The user is already a member of the organization');
      }
      const about = { organization: invitation.organizationId, invitation: id, user: userId };
      return world.change('acceptInvitation', about, (change) => {
        const value: Invitation = { ...invitation, status: 'accepted', userId, updatedAt: change.at };
        change.write({ table: 'invitations', id, value });
        change.emit('organizationInvitation.accepted', invitationEventJson(state, value));
        return join(world, change, value.organizationId, userId, value.role, value);
      });
    },

    revokeInvitation(id: string): Invitation {
      const invitation = pending(id);
      return world.change(
        'revokeInvitation',
        { organization: invitation.organizationId, invitation: id },
        (change) => {
          const value: Invitation = { ...invitation, status: 'revoked', updatedAt: change.at };
          change.write({ table: 'invitations', id, value });
          change.emit('organizationInvitation.revoked', invitationEventJson(state, value));
          return value;
        },
      );
    },
  };
};
