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
