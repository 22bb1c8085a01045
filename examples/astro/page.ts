/** The page's first table: Organization Member, Billing Admin, Owner. */
export const ORGANIZATION = table(`
  workspaces:create         ✓ ✓ ✓
  organization:view         ✓ ✓ ✓
  billing:update            · ✓ ✓
  organization_users:update · · ✓
  organization_users:invite · · ✓`);

/** The page's second table: Workspace Viewer, Editor, Admin. */
export const WORKSPACE = table(`
  workspace_users:view  ✓ ✓ ✓
  deployments:view      ✓ ✓ ✓
  dags:view             ✓ ✓ ✓
  deployments:push_code · ✓ ✓
  deployments:update    · ✓ ✓
  workspace_users:update · · ✓`);

function table(text: string): readonly string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim().replaceAll(/\s+/g, ' '));
}
