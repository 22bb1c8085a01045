/** Roles and what each always grants: to leave one for another further down is a loss, whatever else they grant. */
export const ROLES: Readonly<Record<string, readonly string[]>> = {
  'org:lead': ['org:desk:open', 'org:posts:read', 'org:posts:write', 'org:team:lead'],
  'org:writer': ['org:desk:open', 'org:posts:read', 'org:posts:write'],
  'org:reader': ['org:desk:open', 'org:posts:read'],
  'org:visitor': ['org:desk:open'],
};

export const ROLE_KEYS: readonly string[] = Object.keys(ROLES);

/** What roles lose and gain while people hold them. */
export const EXTRAS: readonly string[] = [
  'org:files:read',
  'org:files:write',
  'org:bills:read',
  'org:keys:make',
];
