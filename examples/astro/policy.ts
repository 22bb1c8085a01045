import { definePolicy } from 'rolecall/policy';

export default definePolicy({
  name: 'astro',

  scopes: {
    workspace: { description: 'A Workspace of the Organization', organizationRolesReach: true },
  },

  permissions: {
    'workspaces:create': 'Create a new Workspace',
    'organization:view': 'See the Organization’s details and who belongs to it',
    'billing:update': 'Change the Organization’s billing information and settings',
    'organization_users:update': 'Change who belongs to the Organization, and their Organization roles',
    'organization_users:invite': 'Invite new users to the Organization',

    'workspace_users:view': 'See the users of a Workspace',
    'deployments:view': 'See all Deployments in the Cloud UI',
    'dags:view': 'See DAGs in the Airflow UI',
    'deployments:push_code': 'Push code to Deployments',
    'deployments:update': 'Change the settings of Deployments',
    'workspace_users:update': 'Change user roles and information in a Workspace',
  },

  roles: {
    'org:member': {
      title: 'Organization Member',
      description: 'Sees the Organization and may create Workspaces.',
      can: ['workspaces:create', 'organization:view'],
    },
    'org:billing_admin': {
      title: 'Organization Billing Admin',
      description: 'A Member who also looks after billing.',
      includes: ['org:member'],
      can: ['billing:update'],
    },
    'org:owner': {
      title: 'Organization Owner',
      description: 'Looks after billing and after everybody who belongs to the Organization.',
      includes: ['org:billing_admin'],
      can: ['organization_users:update', 'organization_users:invite'],
      assigns: ['org:member', 'org:billing_admin', 'org:owner'],
    },

    WORKSPACE_VIEWER: {
      scope: 'workspace',
      title: 'Workspace Viewer',
      description: 'Sees the users, Deployments and DAGs of a Workspace.',
      can: ['workspace_users:view', 'deployments:view', 'dags:view'],
    },
    WORKSPACE_EDITOR: {
      scope: 'workspace',
      title: 'Workspace Editor',
      description: 'A Viewer who also pushes code and sets up Deployments.',
      includes: ['WORKSPACE_VIEWER'],
      can: ['deployments:push_code', 'deployments:update'],
    },
    WORKSPACE_ADMIN: {
      scope: 'workspace',
      title: 'Workspace Admin',
      description: 'An Editor who also decides who else works in this Workspace.',
      givenToCreator: true,
      includes: ['WORKSPACE_EDITOR'],
      can: ['workspace_users:update'],
      assigns: ['WORKSPACE_VIEWER', 'WORKSPACE_EDITOR', 'WORKSPACE_ADMIN'],
    },
  },

  constraints: [{ firstMembersBecome: 'org:owner', count: 3 }],
});
