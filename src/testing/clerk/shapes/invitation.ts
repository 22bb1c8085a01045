import { roleByKey } from '../access.ts';
import type { StandInState } from '../history.ts';
import type { Invitation } from '../model.ts';
import { image, type Json } from './json.ts';

export const invitationJson = (state: StandInState, invitation: Invitation): Json => {
  const inviter = invitation.inviterId === null ? undefined : state.users.get(invitation.inviterId);
  return {
    object: 'organization_invitation',
    id: invitation.id,
    email_address: invitation.email,
    role: invitation.role,
    role_name: roleByKey(state, invitation.role)?.name ?? invitation.role,
    organization_id: invitation.organizationId,
    inviter_id: invitation.inviterId,
    public_inviter_data:
      inviter === undefined
        ? null
        : {
            user_id: inviter.id,
            first_name: inviter.firstName,
            last_name: inviter.lastName,
            image_url: image(inviter.id),
            has_image: false,
            identifier: inviter.email,
          },
    status: invitation.status,
    public_metadata: invitation.publicMetadata,
    private_metadata: invitation.privateMetadata,
    url: `https://accounts.standin.example/accept-invitation?id=${invitation.id}`,
    expires_at: invitation.expiresAt,
    created_at: invitation.createdAt,
    updated_at: invitation.updatedAt,
  };
};

/** Events carry more than the API: the organization, and in `accepted` who accepted. */
export const invitationEventJson = (state: StandInState, invitation: Invitation): Json => {
  const organization = state.organizations.get(invitation.organizationId);
  return {
    ...invitationJson(state, invitation),
    ...(organization === undefined
      ? {}
      : {
          public_organization_data: {
            id: organization.id,
            name: organization.name,
            slug: organization.slug,
            image_url: image(organization.id),
            has_image: false,
          },
        }),
    ...(invitation.userId === null ? {} : { user_id: invitation.userId }),
  };
};
