import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { isAllowed, LOADING, type MyAccess } from '../../src/sdk/react/my-access.ts';
import { watchAccess } from '../../src/sdk/react/watch-access.ts';
import { startTestRolecall, type TestRolecall } from '../../src/testing/index.ts';

const READ = 'org:invoices:read';
let rolecall: TestRolecall;
beforeAll(async () => {
  rolecall = await startTestRolecall();
  const { clerk } = rolecall;
  clerk.defineRole('org:accountant', 'Accountant', [READ]);
  clerk.defineRole('org:clerk', 'Clerk', [READ, 'org:invoices:write']);
  clerk.createOrganization({ id: 'org_acme' });
  clerk.createUser({ id: 'user_ada' });
  clerk.addMember('org_acme', 'user_ada', 'org:clerk');
  await rolecall.settled();
});
afterAll(() => rolecall.stop());

it('a page follows its user from role to role and out, with the tokens that Clerk gives it', async () => {
  const { clerk } = rolecall;
  const { id: sessionId } = clerk.createSession('user_ada', { organizationId: 'org_acme' });
  let cached: string | null = null;
  let access: MyAccess = LOADING;
  const stop = watchAccess({
    url: rolecall.url,
    organization: 'org_acme',
    fetch,
    // Clerk's cache, which goes on giving out the same token until it is passed over.
    getToken: async (options) => {
      if (cached === null || options?.skipCache === true) {
        const session = clerk.state.sessions.get(sessionId);
        cached = session?.status === 'active' ? clerk.mintToken({ sessionId }) : null;
      }
      return cached;
    },
    onAccess: (next) => {
      access = next;
    },
  });
  const may = (permission: string) => isAllowed(access, 'org_acme', permission);
  const soon = { timeout: 30_000 };
  await vi.waitFor(() => expect([may(READ), may('org:invoices:write')]).toEqual([true, true]), soon);

  // Nobody is signed out by this, but every token of a holder is cut off.
  clerk.changeRolePermissions('org:clerk', [READ]);
  await vi.waitFor(() => expect(may('org:invoices:write')).toBe(false), soon);
  await vi.waitFor(() => expect(may(READ)).toBe(true), soon);
  expect(may('org:invoices:write')).toBe(false);

  clerk.removeMember('org_acme', 'user_ada');
  await vi.waitFor(() => expect(may(READ)).toBe(false), soon);
  await rolecall.settled();
  expect(may(READ)).toBe(false);
  stop();
});
