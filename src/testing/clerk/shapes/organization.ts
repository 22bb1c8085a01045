import type { StandInState } from '../history.ts';
import type { Organization } from '../model.ts';
import { image, type Json } from './json.ts';

const count = <Item>(items: Iterable<Item>, wanted: (item: Item) => boolean): number => {
  let n = 0;
  for (const item of items) if (wanted(item)) n += 1;
  return n;
};

/** What `include_members_count` asks for; left out elsewhere, where counting would make every event O(members). */
export const organizationCounts = (state: StandInState, id: string): Json => ({
  members_count: count(state.memberships.values(), (m) => m.organizationId === id),
  pending_invitations_count: count(
    state.invitations.values(),
    (i) => i.organizationId === id && i.status === 'pending',
  ),
});

export const organizationJson = (organization: Organization): Json => ({
  object: 'organization',
  id: organization.id,
  name: organization.name,
  slug: organization.slug,
  image_url: image(organization.id),
  has_image: false,
  max_allowed_memberships: 0,
  admin_delete_enabled: true,
  public_metadata: organization.publicMetadata,
  private_metadata: organization.privateMetadata,
  ...(organization.createdBy === null ? {} : { created_by: organization.createdBy }),
  created_at: organization.createdAt,
  updated_at: organization.updatedAt,
  role_set_key: 'role_set:default',
});
