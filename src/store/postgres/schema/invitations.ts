import { sql } from 'drizzle-orm';
import { check, index, jsonb, text } from 'drizzle-orm/pg-core';
import { providerTime, rolecall, rowVersion } from './rolecall.ts';

/** Invitations as the provider told of them; the address only while one is pending. */
export const invitations = rolecall.table(
  'invitations',
  {
    id: text('id').primaryKey(),
    organizationId: text('organization_id').notNull(),
    email: text('email'),
    role: text('role').notNull(),
    scoped: jsonb('scoped').notNull().default({}),
    inviterId: text('inviter_id'),
    inviterRole: text('inviter_role'),
    status: text('status').notNull(),
    createdAt: providerTime('created_at').notNull(),
    expiresAt: providerTime('expires_at'),
    versionUpdatedAt: providerTime('version_updated_at').notNull(),
    versionAt: providerTime('version_at').notNull(),
    rowVersion: rowVersion(),
  },
  (table) => [
    check('invitations_status', sql`${table.status} in ('pending', 'accepted', 'revoked', 'expired')`),
    index('invitations_organization').on(table.organizationId, table.status, table.createdAt, table.id),
    // Addresses that are to be forgotten when nobody can accept any more.
    index('invitations_addressed').on(table.expiresAt).where(sql`${table.email} is not null`),
    index('invitations_inviter').on(table.organizationId, table.inviterId, table.createdAt, table.id),
  ],
);
