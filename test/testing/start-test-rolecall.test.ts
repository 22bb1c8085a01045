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

test('takes the tokens that it is given beside its own', async () => {
  const rolecall = await startTestRolecall({
    variables: {
      ROLECALL_READ_TOKEN: 'acme@org_acme:a-token-of-one-organization',
      ROLECALL_OPERATOR_TOKEN: 'auditor+read:a-token-that-may-look',
    },
  });
  const status = async (path: string, token: string): Promise<number> =>
    (await fetch(rolecall.url + path, { headers: { authorization: `Bearer ${token}` } })).status;
  const seats = (organization: string) => `/v1/organizations/${organization}/seats`;
  expect(await status(seats('org_acme'), 'a-token-of-one-organization')).toBe(200);
  expect(await status(seats('org_other'), 'a-token-of-one-organization')).toBe(403);
  expect(await status(seats('org_other'), rolecall.tokens.read)).toBe(200);
  expect(await status('/operator/v1/status', 'a-token-that-may-look')).toBe(200);
  expect(await status('/operator/v1/status', rolecall.tokens.operator)).toBe(200);
  await rolecall.stop();
});
