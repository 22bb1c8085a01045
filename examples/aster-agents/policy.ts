import { definePolicy } from 'rolecall/policy';

export default definePolicy({
  name: 'aster-agents',

  // Custom roles made in Clerk's dashboard keep the permissions given to them there.
  extends: 'provider',

  permissions: {
    'org:control_hub:read':
      'See the Control Hub and all in it: knowledge bases, skills, scheduled tasks, integrations, configurations',
    'org:manage_agents:create': 'Create agents',
    'org:manage_agents:update': 'Edit, configure and delete agents',
    'org:agents:chat': 'Chat with any agent of the organization',
    'org:conversations:read': 'See conversations',
    'org:dashboard:read': 'See a user’s dashboard',
    'org:model_providers:manage': 'Manage model providers',
    'org:api_keys:manage': 'Manage API keys',
    'org:integrations:manage': 'Configure integrations',
    'org:knowledge_bases:manage': 'Manage knowledge bases',
    'org:analytics:read': 'See organization-wide analytics',
    'org:user_activity:read': 'See the activity of all users',
    'org:users:manage': 'Invite and remove users',
    'org:roles:assign': 'Assign roles and permissions',
    'org:settings:manage': 'Change the organization’s settings',
    'org:admin_dashboard:read': 'Open the admin dashboard and what only admins may use',
  },

  roles: {
    'org:admin': {
      title: 'Organization Admin',
      description: 'Everything in the organization, from model providers to members.',
      givenToCreator: true,
      includes: ['org:agent_manager'],
      can: [
        'org:model_providers:manage',
        'org:api_keys:manage',
        'org:integrations:manage',
        'org:knowledge_bases:manage',
        'org:analytics:read',
        'org:user_activity:read',
        'org:users:manage',
        'org:roles:assign',
        'org:settings:manage',
        'org:admin_dashboard:read',
      ],
      assigns: ['org:admin', 'org:agent_manager', 'org:member', 'org:guest'],
    },
    'org:agent_manager': {
      title: 'Agent Manager',
      description: 'Builds and maintains agents; no analytics, users or model providers.',
      includes: ['org:member'],
      can: ['org:manage_agents:create', 'org:manage_agents:update'],
    },
    'org:member': {
      title: 'Organization Member',
      description: 'Chats with agents and sees how they are configured. For people of the company only.',
      includes: ['org:guest'],
      can: ['org:control_hub:read'],
    },
    'org:guest': {
      title: 'Organization Guest',
      description:
        'Chats with agents and sees nothing of how they are built. For everybody outside the company.',
      can: [
        'org:agents:chat',
        { permission: 'org:conversations:read', only: 'own' },
        { permission: 'org:dashboard:read', only: 'own' },
      ],
    },
  },
});
