import { definePolicy, PolicyError } from '../../../src/policy/index.ts';

/** Everything that `definePolicy` says is wrong with it; nothing when it takes it. */
export const problemsOf = (definition: unknown): readonly string[] => {
  try {
    definePolicy(definition as Parameters<typeof definePolicy>[0]);
    return [];
  } catch (error) {
    if (error instanceof PolicyError) return error.problems;
    throw error;
  }
};

/** A policy without a mistake, to which tests add theirs. */
export const sound = {
  name: 'sound',
  permissions: { read: 'Read', write: 'Write' },
  roles: {
    reader: { title: 'Reader', description: 'Reads.', can: ['read'] },
    writer: { title: 'Writer', description: 'Writes too.', includes: ['reader'], can: ['write'] },
  },
};

/** The sound policy with these roles, or parts of roles, on top. */
export const withRoles = (roles: Readonly<Record<string, object>>): Record<string, unknown> => {
  const given: Readonly<Record<string, object | undefined>> = sound.roles;
  const keys = new Set([...Object.keys(given), ...Object.keys(roles)]);
  return {
    ...sound,
    roles: Object.fromEntries(
      [...keys].map((key) => [key, { title: 'T', description: 'D', ...given[key], ...roles[key] }]),
    ),
  };
};
