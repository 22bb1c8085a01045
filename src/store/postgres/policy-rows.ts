import * as v from 'valibot';

const texts = v.array(v.string());

/** `policies.compiled`, checked: a later version of the code may have written it. */
export const compiledPolicy = v.object({
  extendsProvider: v.boolean(),
  scopes: v.record(v.string(), v.boolean()),
  roles: v.record(
    v.string(),
    v.object({ scope: v.string(), grants: texts, featured: v.record(v.string(), texts), invites: texts }),
  ),
  readsOrganizations: v.boolean(),
  firstMembers: v.nullable(v.object({ role: v.string(), count: v.number() })),
  exactlyOne: v.array(v.object({ role: v.string(), settleSeconds: v.number() })),
});

const sorted = v.record(v.string(), v.string());

/** `policies.document`, checked the same way. */
export const policyDocument = v.object({
  name: v.string(),
  extends: v.exactOptional(v.literal('provider')),
  scopes: texts,
  organizationRolesReach: v.exactOptional(v.record(v.string(), v.boolean())),
  permissions: sorted,
  features: v.exactOptional(sorted),
  roles: v.record(
    v.string(),
    v.object({
      scope: v.string(),
      title: v.string(),
      description: v.string(),
      badge: v.exactOptional(v.string()),
      givenToCreator: v.exactOptional(v.literal(true)),
      grants: v.array(
        v.object({
          permission: v.string(),
          only: v.exactOptional(v.picklist(['own', 'assigned'])),
          feature: v.exactOptional(v.string()),
        }),
      ),
      assigns: v.object({ invite: texts, change: texts, remove: texts }),
    }),
  ),
  constraints: v.array(
    v.union([
      v.object({ exactlyOne: v.string(), settleSeconds: v.number() }),
      v.object({ firstMembersBecome: v.string(), count: v.number() }),
    ]),
  ),
  seats: v.object({
    free: v.exactOptional(
      v.array(
        v.object({
          role: v.string(),
          upTo: v.exactOptional(v.number()),
          fromSeats: v.exactOptional(v.number()),
        }),
      ),
    ),
  }),
});
