import { boolean, pgSchema, text, timestamp } from 'drizzle-orm/pg-core';

// Not exported: drizzle-kit creates every schema that it finds among an app's exports.
const rolecall = pgSchema('rolecall');

/** Who is a member of which organization now. For `rolecall_reader`. */
export const members = rolecall
  .view('members', {
    organizationId: text('organization_id').notNull(),
    userId: text('user_id').notNull(),
    /** As the provider sends it, or as the policy derives it. */
    role: text('role').notNull(),
    since: timestamp('since', { withTimezone: true }),
    /** Banned or deprovisioned: a member without any permission. */
    suspended: boolean('suspended').notNull(),
  })
  .existing();

/** Every permission that is held outright in an organization now, a row each. For `rolecall_reader`. */
export const currentPermissions = rolecall
  .view('current_permissions', {
    organizationId: text('organization_id').notNull(),
    userId: text('user_id').notNull(),
    permission: text('permission').notNull(),
  })
  .existing();

/** Everything that anybody holds now, conditional grants too, a row each. For `rolecall_reader`. */
export const grants = rolecall
  .view('grants', {
    organizationId: text('organization_id').notNull(),
    subjectType: text('subject_type', { enum: ['user', 'agent'] }).notNull(),
    subjectId: text('subject_id').notNull(),
    /** Null for an agent's own tools. */
    role: text('role'),
    permission: text('permission').notNull(),
    only: text('only', { enum: ['own', 'assigned'] }),
    /** Null: the organization itself. */
    scopeType: text('scope_type'),
    /** `*`: every resource of that type. */
    scopeId: text('scope_id'),
  })
  .existing();
