import { effectiveRoles } from '../../policy/effective-roles.ts';
import type { RolesReading } from '../ports.ts';

export interface NamedRole {
  readonly title: string;
  /** For people from outside. */
  readonly guest: boolean;
}

/** As a word of its own: `org:guest`, `WORKSPACE_GUEST`, "Organization Guest"; not "guestbook". */
const GUEST = /(?:^|[^a-z])guests?(?:[^a-z]|$)/i;

/**
 * Every role by its key, those of the provider that the policy does not know among them. A guest's role is one whose key
 * or title says so. Seats say nothing of it: one free seat may be a manager's.
 */
export function namedRoles({ policy, provided }: RolesReading): ReadonlyMap<string, NamedRole> {
  const titles = [
    ...provided.map(({ key, title }) => [key, title] as const),
    ...Object.entries(effectiveRoles(policy?.document ?? null, provided)).map(
      ([key, { title }]) => [key, title] as const,
    ),
  ];
  return new Map(titles.map(([key, title]) => [key, { title, guest: GUEST.test(key) || GUEST.test(title) }]));
}
