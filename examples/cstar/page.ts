export const ROLES = ['org:owner', 'org:admin', 'org:manager', 'org:librarian', 'org:agent', 'org:spectator'];

/**
 * What the page says of them, in its own words where it names a permission: Owner, Admin, Manager, Librarian, Agent,
 * Spectator. Not read from the policy, which has to agree with it.
 */
export const PAGE = `
  manage_billing       ✓ · · · · ·
  manage_members       ✓ ✓ · · · ·
  manage_settings      ✓ ✓ · · · ·
  manage_api_keys      ✓ ✓ · · · ·
  manage_webhooks      ✓ ✓ · · · ·
  manage_integrations  ✓ ✓ · · · ·
  manage_tickets       ✓ ✓ ✓ · · ·
  delete_tickets       ✓ ✓ ✓ · · ·
  delete_customers     ✓ ✓ ✓ · · ·
  export_data          ✓ ✓ ✓ · · ·
  run_bulk_operations  ✓ ✓ ✓ · · ·
  manage_sla_settings  ✓ ✓ ✓ · · ·
  manage_custom_fields ✓ ✓ ✓ · · ·
  manage_articles      ✓ ✓ ✓ ✓ · ·
  manage_quick_replies ✓ ✓ ✓ ✓ · ·
  work_tickets         ✓ ✓ ✓ · ✓ ·
  manage_customers     ✓ ✓ ✓ · ✓ ·
  view_tickets         ✓ ✓ ✓ ✓ ✓ ✓
  view_customers       ✓ ✓ ✓ ✓ ✓ ✓
  view_articles        ✓ ✓ ✓ ✓ · ✓
  view_analytics       ✓ ✓ ✓ · · ✓
  view_audit_log       ✓ ✓ ✓ · · ✓
  game_participation   ✓ ✓ ✓ ✓ ✓ ✓`
  .trim()
  .split('\n')
  .map((line) => line.trim().replaceAll(/\s+/g, ' '));
