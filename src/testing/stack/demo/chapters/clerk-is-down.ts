import { happens } from '../deliveries.ts';
import { owed, signIn } from '../people.ts';
import { isSignedIn, tellRefusal, untilRevoked, watchForRefusal } from '../refusal.ts';
import { type Chapter, organization } from '../scene.ts';
import { until } from '../until.ts';

const sessions = 'GET /v1/sessions';

/** Clerk tells, but does not answer: access is gone at once, the rest stays owed. */
export const clerkIsDown: Chapter = async (step, scene) => {
  const { clerk } = scene;
  const join = (id: string, firstName: string) => () => {
    clerk.createUser({ id, firstName });
    clerk.addMember(organization, id, 'org:admin');
  };
  const failedCalls = (from: number) => clerk.calls.log.slice(from).filter(({ status }) => status === 500);

  await step('Clerk’s API hangs and fails while Fay is removed', async (tell) => {
    await happens(scene, tell, join('user_fay', 'Fay'));
    const fay = await signIn(scene, 'user_fay');
    const from = clerk.calls.log.length;
    clerk.failApi({ kind: 'hang', route: sessions, times: 1 });
    clerk.failApi({ kind: 'status', status: 500 });
    const watching = watchForRefusal(scene, fay);
    const { arrivals } = await happens(scene, tell, () => clerk.removeMember(organization, 'user_fay'));
    await tellRefusal(scene, tell, 'removal, Clerk down', { signedIn: fay, watching, arrivals });
    const begun = performance.now();
    await until('a call hangs, the next one fails', () => (failedCalls(from).length > 0 ? true : undefined));
    tell.changed(
      `1 call without an answer, then ${failedCalls(from).length} answered 500, ` +
        `in ${((performance.now() - begun) / 1_000).toFixed(1)} s`,
    );
    tell.promise(
      (await owed(scene, 'user_fay')) === 1 && isSignedIn(scene, fay),
      'the revocation stays owed',
    );
    clerk.clearFaults();
    const recovered = performance.now();
    await untilRevoked(scene, fay);
    tell.took('Clerk answers again → session revoked', performance.now() - recovered);
    await until('nothing is owed', async () => ((await owed(scene, 'user_fay')) === 0 ? true : undefined));
    tell.promise(!isSignedIn(scene, fay), 'when Clerk is back, it is done');
  });

  await step('Clerk answers 429 while Gil is removed', async (tell) => {
    await happens(scene, tell, join('user_gil', 'Gil'));
    const gil = await signIn(scene, 'user_gil');
    const from = clerk.calls.log.length;
    clerk.failApi({ kind: 'status', status: 429, retryAfter: 2, times: 1 });
    const watching = watchForRefusal(scene, gil);
    const { arrivals } = await happens(scene, tell, () => clerk.removeMember(organization, 'user_gil'));
    await tellRefusal(scene, tell, 'removal, Clerk busy', { signedIn: gil, watching, arrivals });
    await untilRevoked(scene, gil);
    const [first, next] = clerk.calls.log.slice(from);
    if (first === undefined || next === undefined) throw new Error('Clerk was not asked twice.');
    tell.took('429 with Retry-After: 2 → the next call', next.at - first.at);
    tell.promise(
      first.status === 429 && next.at - first.at >= 2_000,
      'the pause that Clerk asked for is kept',
    );
    tell.promise(!isSignedIn(scene, gil), 'then his session is revoked');
  });
};
