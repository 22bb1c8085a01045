import * as v from 'valibot';

// What an instance holds, in the stand-in's own words: the wire's shapes are made from it in `shapes.ts`.
// Written as schemas because a journal read back from disk is foreign data too. All times are epoch milliseconds.

const metadata = v.record(v.string(), v.unknown());
const time = v.number();

export const User = v.object({
  id: v.string(),
  email: v.string(),
  firstName: v.nullable(v.string()),
  lastName: v.nullable(v.string()),
  username: v.nullable(v.string()),
  publicMetadata: metadata,
  privateMetadata: metadata,
  unsafeMetadata: metadata,
  banned: v.boolean(),
  deprovisioned: v.boolean(),
  passwordLastUpdatedAt: v.nullable(time),
  createdAt: time,
  updatedAt: time,
});

export const Organization = v.object({
  id: v.string(),
  name: v.string(),
  slug: v.string(),
  publicMetadata: metadata,
  privateMetadata: metadata,
  createdBy: v.nullable(v.string()),
  createdAt: time,
  updatedAt: time,
});

export const Membership = v.object({
  id: v.string(),
  organizationId: v.string(),
  userId: v.string(),
  role: v.string(),
  publicMetadata: metadata,
  privateMetadata: metadata,
  createdAt: time,
  updatedAt: time,
});

export const Permission = v.object({
  id: v.string(),
  key: v.string(),
  name: v.string(),
  description: v.string(),
  type: v.picklist(['system', 'user']),
  createdAt: time,
  updatedAt: time,
});

export const Role = v.object({
  id: v.string(),
  key: v.string(),
  name: v.string(),
  description: v.string(),
  isCreatorEligible: v.boolean(),
  permissions: v.array(v.string()),
  createdAt: time,
  updatedAt: time,
});

export const Session = v.object({
  id: v.string(),
  userId: v.string(),
  clientId: v.string(),
  status: v.picklist([
    'pending',
    'active',
    'ended',
    'removed',
    'revoked',
    'expired',
    'abandoned',
    'replaced',
  ]),
  organizationId: v.nullable(v.string()),
  lastActiveAt: time,
  expireAt: time,
  abandonAt: time,
  createdAt: time,
  updatedAt: time,
});

export const Invitation = v.object({
  id: v.string(),
  email: v.string(),
  organizationId: v.string(),
  inviterId: v.nullable(v.string()),
  role: v.string(),
  status: v.picklist(['pending', 'accepted', 'revoked', 'expired']),
  userId: v.nullable(v.string()),
  publicMetadata: metadata,
  privateMetadata: metadata,
  expiresAt: time,
  createdAt: time,
  updatedAt: time,
});

export const ApiKey = v.object({
  id: v.string(),
  secret: v.string(),
  subject: v.string(),
  name: v.string(),
  scopes: v.array(v.string()),
  claims: v.nullable(metadata),
  revoked: v.boolean(),
  revocationReason: v.nullable(v.string()),
  expiration: v.nullable(time),
  createdBy: v.nullable(v.string()),
  lastUsedAt: v.nullable(time),
  createdAt: time,
  updatedAt: time,
});

export type User = Readonly<v.InferOutput<typeof User>>;
export type Organization = Readonly<v.InferOutput<typeof Organization>>;
export type Membership = Readonly<v.InferOutput<typeof Membership>>;
export type Permission = Readonly<v.InferOutput<typeof Permission>>;
export type Role = Readonly<v.InferOutput<typeof Role>>;
export type Session = Readonly<v.InferOutput<typeof Session>>;
export type Invitation = Readonly<v.InferOutput<typeof Invitation>>;
export type ApiKey = Readonly<v.InferOutput<typeof ApiKey>>;
export type Metadata = Readonly<Record<string, unknown>>;
