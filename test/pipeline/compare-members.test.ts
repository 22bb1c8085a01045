import { expect, test } from 'vitest';
import { isOrganizationId, isUserId } from '../../src/domain/ids.ts';
import { compareMembers } from '../../src/pipeline/compare-members.ts';

const nobody = { revision: 1, scopes: [], members: new Map(), agents: new Map(), sessions: new Map() };

test('a list without end is compared as it comes, a batch at a time', async () => {
  let read = 0;
  async function* endless() {
    for (;;) {
      read += 1;
      const [organization, user] = ['org_a', `user_${read}`];
      if (isOrganizationId(organization) && isUserId(user)) yield { organization, user, role: null };
    }
  }
  const asked: number[] = [];
  const store = {
    readStanding: async ({ members }: { readonly members: readonly unknown[] }) => {
      asked.push(members.length);
      return nobody;
    },
  };
  let members = 0;
  for await (const compared of compareMembers(store, endless())) {
    members += compared.members;
    expect(compared.differences).toHaveLength(compared.members);
    expect(read).toBe(members);
    if (asked.length === 20) break;
  }
  expect(new Set(asked)).toEqual(new Set([500]));
});
