import { roleByKey } from '../access.ts';
import type { StandInState } from '../history.ts';
import type { Membership, Organization, User } from '../model.ts';
import { image, type Json } from './json.ts';
import { organizationJson } from './organization.ts';

const publicUserData = (user: User): Json => ({
  user_id: user.id,
  first_name: user.firstName,
  last_name: user.lastName,
  profile_image_url: image(user.id),
  image_url: image(user.id),
  has_image: false,
  identifier: user.email,
  username: user.username,
  banned: user.banned,
  deprovisioned: user.deprovisioned,
});

/** Organization and user are given, not looked up: a membership's last event is made while they go away. */
export const membershipJson = (
  state: StandInState,
  membership: Membership,
  organization: Organization,
  user: User,
): Json => {
  const role = roleByKey(state, membership.role);
  return {
    object: 'organization_membership',
    id: membership.id,
    role: membership.role,
    role_name: role?.name ?? membership.role,
    permissions: role?.permissions ?? [],
    public_metadata: membership.publicMetadata,
    private_metadata: membership.privateMetadata,
    organization: organizationJson(organization),
    public_user_data: publicUserData(user),
    created_at: membership.createdAt,
    updated_at: membership.updatedAt,
  };
};
