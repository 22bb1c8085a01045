import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Journey, startJourney } from '../journey-support.ts';
import { createApp } from './app.ts';
import policy from './policy.ts';

let journey: Journey;
beforeAll(async () => {
  journey = await startJourney(policy, createApp);
  await journey.happens((clerk) => {
    clerk.defineRole('org:guest', 'Guest', []);
    clerk.createOrganization({ id: 'org_acme' });
  });
});
afterAll(() => journey?.stop());

test('a guest who is removed, in one click, loses access at once', async () => {
  const guest = await journey.join('org_acme', 'client', 'org:guest');
  const token = journey.token(guest);
  expect(await journey.ask(token, 'POST /api/chat')).toEqual({ status: 200, body: { done: true } });
  await journey.happens((clerk) => clerk.removeMember('org_acme', guest.id));
  expect(await journey.ask(token, 'POST /api/chat')).toEqual({
    status: 403,
    body: { error: 'Unauthorized: Missing org:agents:chat permission' },
  });
  expect(journey.isSignedIn(guest)).toBe(false);
});
