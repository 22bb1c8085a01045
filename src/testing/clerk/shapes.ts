import { roleByKey } from './access.ts';
import type { StandInState } from './history.ts';
import type { ApiKey, Membership, Organization, Permission, Role, Session, User } from './model.ts';

// Clerk's JSON, key by key as its OpenAPI files and the examples in them have it.

export type Json = Readonly<Record<string, unknown>>;

const image = (id: string) => `https://img.clerk.com/${id}`;

export const userJson = (user: User): Json => {
  const emailId = `idn_${user.id.slice('user_'.length)}`;
  return {
    object: 'user',
    id: user.id,
    external_id: null,
    primary_email_address_id: emailId,
    primary_phone_number_id: null,
    primary_web3_wallet_id: null,
    username: user.username,
    first_name: user.firstName,
    last_name: user.lastName,
    locale: null,
    profile_image_url: image(user.id),
    image_url: image(user.id),
    has_image: false,
    public_metadata: user.publicMetadata,
    private_metadata: user.privateMetadata,
    unsafe_metadata: user.unsafeMetadata,
    email_addresses: [
      {
        object: 'email_address',
        id: emailId,
        email_address: user.email,
        reserved: false,
        verification: {
          object: 'verification_admin',
          status: 'verified',
          strategy: 'admin',
          attempts: null,
          expire_at: null,
        },
        linked_to: [],
        matches_sso_connection: false,
        created_at: user.createdAt,
        updated_at: user.createdAt,
      },
    ],
    phone_numbers: [],
    web3_wallets: [],
    passkeys: [],
    password_enabled: user.passwordLastUpdatedAt !== null,
    two_factor_enabled: false,
    totp_enabled: false,
    backup_code_enabled: false,
    mfa_enabled_at: null,
    mfa_disabled_at: null,
    password_last_updated_at: user.passwordLastUpdatedAt,
    external_accounts: [],
    saml_accounts: [],
    enterprise_accounts: [],
    last_sign_in_at: null,
    banned: user.banned,
    locked: false,
    deprovisioned: user.deprovisioned,
    lockout_expires_in_seconds: null,
    verification_attempts_remaining: 100,
    updated_at: user.updatedAt,
    created_at: user.createdAt,
    delete_self_enabled: true,
    create_organization_enabled: true,
    last_active_at: null,
    legal_accepted_at: null,
  };
};

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

export const permissionJson = (permission: Permission): Json => ({
  object: 'permission',
  id: permission.id,
  name: permission.name,
  key: permission.key,
  description: permission.description,
  type: permission.type,
  created_at: permission.createdAt,
  updated_at: permission.updatedAt,
});

export const roleJson = (state: StandInState, role: Role): Json => {
  const wanted = new Set(role.permissions);
  return {
    object: 'role',
    id: role.id,
    name: role.name,
    key: role.key,
    description: role.description,
    is_creator_eligible: role.isCreatorEligible,
    permissions: [...state.permissions.values()].filter((p) => wanted.has(p.key)).map(permissionJson),
    created_at: role.createdAt,
    updated_at: role.updatedAt,
  };
};

export const sessionJson = (session: Session): Json => ({
  object: 'session',
  id: session.id,
  user_id: session.userId,
  client_id: session.clientId,
  actor: null,
  status: session.status,
  last_active_organization_id: session.organizationId,
  last_active_at: session.lastActiveAt,
  expire_at: session.expireAt,
  abandon_at: session.abandonAt,
  created_at: session.createdAt,
  updated_at: session.updatedAt,
});

export const apiKeyJson = (key: ApiKey, now: number): Json => ({
  object: 'api_key',
  id: key.id,
  type: 'api_key',
  subject: key.subject,
  name: key.name,
  description: null,
  claims: key.claims,
  scopes: key.scopes,
  revoked: key.revoked,
  revocation_reason: key.revocationReason,
  expired: key.expiration !== null && key.expiration <= now,
  expiration: key.expiration,
  created_by: key.createdBy,
  last_used_at: key.lastUsedAt,
  created_at: key.createdAt,
  updated_at: key.updatedAt,
});

/** All that `user.deleted`, `organization.deleted`, `role.deleted` and `permission.deleted` tell. */
export const deletedJson = (object: string, id: string, slug?: string): Json => ({
  object,
  id,
  ...(slug === undefined ? {} : { slug }),
  deleted: true,
});
