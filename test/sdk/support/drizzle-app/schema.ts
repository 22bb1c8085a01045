import { index, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { policies } from '../../../../src/sdk/drizzle/index.ts';

// As an app might: whatever drizzle-kit finds among the exports it takes for the app's own.
export * from '../../../../src/sdk/drizzle/index.ts';

export const invoices = pgTable(
  'invoices',
  {
    id: integer('id').primaryKey(),
    organizationId: text('organization_id').notNull(),
    amount: integer('amount').notNull(),
  },
  (row) => [
    index('invoices_organization').on(row.organizationId),
    ...policies(
      { read: 'invoices:read', insert: 'invoices:write', update: 'invoices:write' },
      { organization: row.organizationId },
    ),
  ],
);

export const conversations = pgTable(
  'conversations',
  {
    id: integer('id').primaryKey(),
    organizationId: text('organization_id').notNull(),
    ownerId: text('owner_id'),
  },
  (row) =>
    policies(
      { read: 'conversations:read', delete: 'conversations:delete' },
      { organization: row.organizationId, owner: row.ownerId },
    ),
);

export const flows = pgTable(
  'flows',
  {
    id: integer('id').primaryKey(),
    organizationId: text('organization_id').notNull(),
    workspaceId: text('workspace_id').notNull(),
    ownerId: text('owner_id'),
  },
  (row) =>
    policies(
      { read: "flow's:run" },
      {
        organization: row.organizationId,
        owner: row.ownerId,
        scope: { type: 'workspace', id: row.workspaceId },
      },
    ),
);
