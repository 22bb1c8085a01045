import { deliver, happens, happensUnheard } from '../deliveries.ts';
import { memberOverHttp, signIn } from '../people.ts';
import { isSignedIn, untilRevoked, watchForRefusal } from '../refusal.ts';
import { type Chapter, organization } from '../scene.ts';

/** Postgres is stopped: what arrives waits in the queue, and what the queue cannot hold is not acknowledged. */
export const databaseIsDown: Chapter = async (step, scene) => {
  const { clerk, stack, operator } = scene;

  await step('Postgres is stopped while Hal is removed', async (tell) => {
    await happens(scene, tell, () => {
      clerk.createUser({ id: 'user_hal', firstName: 'Hal' });
      clerk.addMember(organization, 'user_hal', 'org:admin');
    });
    const hal = await signIn(scene, 'user_hal');
    await clerk.settled();

    const startAgain = await stack.database.interrupt();
    const ready = await fetch(`${stack.worker.url}/readyz`);
    await ready.arrayBuffer();
    tell.promise(ready.status === 503, 'the worker says that it is not ready');
    const { arrivals } = await happens(scene, tell, () => clerk.removeMember(organization, 'user_hal'));
    tell.promise(
      arrivals.length === 1 && arrivals[0]?.outcome === 'queued',
      'acknowledged: it waits in the queue',
    );
    const [big] = happensUnheard(scene, () =>
      clerk.updateOrganizationMetadata(organization, { notes: 'x'.repeat(100 * 1024) }),
    );
    if (big === undefined) throw new Error('Clerk told nothing of the organization.');
    const refused = await deliver(scene, tell, big);
    tell.refused(`a message of 100 KiB, more than the queue holds: 503, Retry-After: ${refused.retryAfter}`);
    tell.promise(
      refused.status === 503 && refused.retryAfter !== null,
      'it was not acknowledged; Clerk keeps it',
    );

    await startAgain();
    const back = performance.now();
    await watchForRefusal(scene, hal, 30_000);
    tell.took('Postgres is back → Hal’s token is refused', performance.now() - back);
    tell.promise(!(await memberOverHttp(scene, 'user_hal')).member, 'what waited was applied');
    const id = arrivals[0]?.id ?? '';
    const [row] = await operator<{ source: string }[]>`select source from rolecall.inbox where id = ${id}`;
    tell.promise(row?.source === 'queue', 'it came through the queue');
    await untilRevoked(scene, hal);
    tell.promise(!isSignedIn(scene, hal), 'his session is revoked at Clerk');
    const retried = await deliver(scene, tell, big);
    tell.promise(retried.outcome === 'applied', 'the message of 100 KiB, sent again, is applied');
  });
};
