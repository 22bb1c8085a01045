import { definePolicy } from 'rolecall/policy';
import { expect, test } from 'vitest';
import { startTestRolecall, type TestRolecall } from '../../src/testing/index.ts';

const policy = definePolicy({
  name: 'small',
  permissions: { 'posts:write': 'Write posts' },
  roles: {
    'org:admin': { title: 'Admin', description: 'Writes.', givenToCreator: true, can: ['posts:write'] },
  },
});

async function permissions({ url, tokens }: TestRolecall, organization: string, user: string) {
  const answer = await fetch(`${url}/v1/organizations/${organization}/members/${user}`, {
    headers: { authorization: `Bearer ${tokens.read}` },
  });
  return ((await answer.json()) as { permissions: unknown }).permissions;
}

test('a Rolecall for tests takes what its Clerk sends, under a policy, and is gone when it is stopped', async () => {
  const rolecall = await startTestRolecall({ policy });
  const { clerk } = rolecall;
  const ada = clerk.createUser({ email: 'ada@example.com' });
  const acme = clerk.createOrganization({ name: 'Acme' });
  clerk.addMember(acme.id, ada.id, 'org:admin');
  const session = clerk.createSession(ada.id);
  await rolecall.settled();
  expect(await permissions(rolecall, acme.id, ada.id)).toEqual([{ permission: 'posts:write' }]);

  clerk.removeMember(acme.id, ada.id);
  await rolecall.settled();
  expect(await permissions(rolecall, acme.id, ada.id)).toEqual([]);
  expect(clerk.state.sessions.get(session.id)?.status).toBe('revoked');

  await rolecall.stop();
  await expect(fetch(`${rolecall.url}/healthz`)).rejects.toThrow();
});
