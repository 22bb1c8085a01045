import { roleByKey } from './access.ts';
import type { StandInState } from './history.ts';
import type { Invitation } from './model.ts';
import type { Json } from './shapes.ts';

export const invitationJson = (state: StandInState, invitation: Invitation): Json => {
  const organization = state.organizations.get(invitation.organizationId);
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
            profile_image_url: `https://img.clerk.com/${inviter.id}`,
            image_url: `https://img.clerk.com/${inviter.id}`,
            has_image: false,
            identifier: inviter.email,
          },
    ...(organization === undefined
      ? {}
      : {
          public_organization_data: {
            id: organization.id,
            name: organization.name,
            slug: organization.slug,
            image_url: `https://img.clerk.com/${organization.id}`,
            has_image: false,
          },
        }),
    status: invitation.status,
    public_metadata: invitation.publicMetadata,
    private_metadata: invitation.privateMetadata,
    url: `https://accounts.standin.example/accept-invitation?id=${invitation.id}`,
    ...(invitation.userId === null ? {} : { user_id: invitation.userId }),
    expires_at: invitation.expiresAt,
    created_at: invitation.createdAt,
    updated_at: invitation.updatedAt,
  };
};
