import { definePolicy } from 'rolecall/policy';

export default definePolicy({
  name: 'cstar',

  permissions: {
    manage_billing: 'See and change the billing, and delete the team',
    manage_members: 'Invite and remove team members, and assign their roles',
    manage_settings: 'Change the team’s settings',
    manage_api_keys: 'Create and revoke API keys',
    manage_webhooks: 'Create, change and remove webhooks',
    manage_integrations: 'Connect and disconnect integrations',
    view_tickets: 'See tickets',
    work_tickets: 'Answer, update and resolve tickets',
    manage_tickets: 'Run the queue: everybody’s tickets, not only the work on one',
    delete_tickets: 'Delete tickets for good',
    run_bulk_operations: 'Change many records at once',
    view_customers: 'See customers',
    manage_customers: 'Create and change customers',
    delete_customers: 'Delete customers for good',
    export_data: 'Export records',
    view_articles: 'See the knowledge base behind the published articles',
    manage_articles: 'Create, edit and manage articles',
    manage_quick_replies: 'Create, edit and manage quick replies',
    manage_sla_settings: 'Change SLA settings',
    manage_custom_fields: 'Define custom fields',
    view_analytics: 'See analytics',
    view_audit_log: 'See the audit log',
    game_participation: 'XP, achievements, boss battles and the leaderboard',
  },

  roles: {
    'org:owner': {
      title: 'Owner — The Guildmaster',
      description:
        'Full access, billing and deletion of the team included. One per team; ownership is transferred.',
      badge: 'midnight',
      includes: ['org:admin'],
      can: ['manage_billing'],
      assigns: ['org:admin', 'org:manager', 'org:librarian', 'org:agent', 'org:spectator'],
    },
    'org:admin': {
      title: 'Admin — The Commander',
      description: 'Everything but billing: members, settings, API keys and webhooks.',
      badge: 'indigo',
      includes: ['org:manager'],
      can: ['manage_members', 'manage_settings', 'manage_api_keys', 'manage_webhooks', 'manage_integrations'],
      assigns: ['org:manager', 'org:librarian', 'org:agent', 'org:spectator'],
    },
    'org:manager': {
      title: 'Manager — The Captain',
      description:
        'Leads the team’s work, deletes, exports and changes in bulk; no settings, members or integrations.',
      badge: 'orange',
      includes: ['org:librarian', 'org:agent', 'org:spectator'],
      can: [
        'manage_tickets',
        'manage_sla_settings',
        'manage_custom_fields',
        'delete_tickets',
        'delete_customers',
        'export_data',
        'run_bulk_operations',
      ],
    },
    'org:librarian': {
      title: 'Librarian — The Lorekeeper',
      description:
        'Keeps articles and quick replies; sees tickets and customers for context, and changes none.',
      badge: 'sky blue',
      can: [
        'view_articles',
        'manage_articles',
        'manage_quick_replies',
        'view_tickets',
        'view_customers',
        'game_participation',
      ],
    },
    'org:agent': {
      title: 'Agent — The Hero',
      description:
        'Works tickets and manages customers; deletes nothing, and leaves settings and articles alone.',
      badge: 'coral',
      can: ['view_tickets', 'work_tickets', 'view_customers', 'manage_customers', 'game_participation'],
    },
    'org:spectator': {
      title: 'Spectator — The Watcher',
      description:
        'Sees tickets, customers, articles, analytics and the audit log, and changes none of them.',
      badge: 'fuchsia',
      can: [
        'view_tickets',
        'view_customers',
        'view_articles',
        'view_analytics',
        'view_audit_log',
        'game_participation',
      ],
    },
  },

  constraints: [{ exactlyOne: 'org:owner' }],

  seats: { free: [{ role: 'org:spectator', upTo: 3 }] },
});
