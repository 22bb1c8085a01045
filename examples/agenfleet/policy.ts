import { definePolicy } from 'rolecall/policy';

export default definePolicy({
  name: 'agenfleet',

  permissions: {
    'agents:view': 'See agents',
    'agents:create': 'Create agents',
    'agents:edit': 'Edit and configure agents',
    'agents:delete': 'Delete agents',
    'sessions:view': 'See session history',
    'sessions:start': 'Start a conversation with an agent',
    'sessions:delete': 'Delete sessions',
    'fleet_status:view': 'See the status of the fleet',
    'cron_history:view': 'See what cron jobs did',
    'cron_jobs:configure': 'Create and change cron jobs',
    'cron_jobs:delete': 'Delete cron jobs',
    'integrations:manage': 'Connect and configure integrations',
    'integrations:delete': 'Delete integrations',
    'notifications:configure': 'Change notification settings',
    'audit_logs:view': 'See audit logs',
    'audit_logs:export': 'Export audit logs',
    'billing:manage': 'See and change the billing',
    'team:manage': 'Invite and remove team members, and change their roles',
    'settings:manage': 'Change all other settings',
  },

  agents: {
    tools: {
      web_search: 'Search the web',
      memory_search: 'Search the agent’s memory',
      send_message: 'Send messages',
      http_request: 'Call external APIs',
      run_script: 'Execute code',
    },
  },

  roles: {
    'org:admin': {
      title: 'Admin',
      description: 'Full access: billing, the team, all agents, all settings, and everything that deletes.',
      givenToCreator: true,
      includes: ['org:manager'],
      can: [
        'sessions:view',
        'agents:delete',
        'sessions:delete',
        'cron_jobs:delete',
        'integrations:delete',
        'notifications:configure',
        'audit_logs:view',
        'audit_logs:export',
        'billing:manage',
        'team:manage',
        'settings:manage',
      ],
      assigns: ['org:admin', 'org:manager', 'org:viewer'],
    },
    'org:manager': {
      title: 'Manager',
      description: 'Creates and runs agents, cron jobs and integrations; no billing, and deletes nothing.',
      includes: ['org:viewer'],
      can: [
        'agents:create',
        'agents:edit',
        'cron_jobs:configure',
        'integrations:manage',
        'sessions:start',
        'tool:web_search',
        'tool:memory_search',
        'tool:send_message',
        'tool:http_request',
        'tool:run_script',
      ],
    },
    'org:viewer': {
      title: 'Viewer',
      description: 'Watches the fleet and changes nothing. Safe for clients and stakeholders.',
      can: [
        'agents:view',
        'fleet_status:view',
        'cron_history:view',
        { permission: 'sessions:view', only: 'own' },
      ],
    },
  },
});
