import { deliver, happens, happensUnheard, isTaken, ofType } from '../deliveries.ts';
import { holdsAnything, isCurrent, may, memberOverHttp, owed, signIn } from '../people.ts';
import { isSignedIn, tellRefusal, untilRevoked, watchForRefusal } from '../refusal.ts';
import { type Chapter, organization } from '../scene.ts';
import { until } from '../until.ts';

const see = 'org:sys_memberships:read';
const read = 'org:invoices:read';
const pay = 'org:invoices:pay';

/** Roles and the first members; then one of them gains, loses and leaves. */
export const joining: Chapter = async (step, scene) => {
  const { clerk } = scene;

  await step('Ada and Ben join Acme', async (tell) => {
    const { arrivals } = await happens(scene, tell, () => {
      clerk.changeRolePermissions('org:member', [see, read]);
      clerk.changeRolePermissions('org:admin', [see, read, pay]);
      clerk.createUser({ id: 'user_ada', firstName: 'Ada' });
      clerk.createUser({ id: 'user_ben', firstName: 'Ben' });
      clerk.addMember(organization, 'user_ada', 'org:admin');
      clerk.addMember(organization, 'user_ben', 'org:member');
    });
    const [ada, ben] = [await memberOverHttp(scene, 'user_ada'), await memberOverHttp(scene, 'user_ben')];
    tell.changed(`Ada is ${ada.role}: ${ada.permissions.join(', ')}`);
    tell.changed(`Ben is ${ben.role}: ${ben.permissions.join(', ')}`);
    tell.promise(arrivals.every(isTaken), 'every message was acknowledged');
    tell.promise(await may(scene, 'user_ada', pay), 'Ada may pay invoices');
    tell.promise(
      (await may(scene, 'user_ben', read)) && !(await may(scene, 'user_ben', pay)),
      'Ben may read invoices, and no more',
    );
  });

  // Both roles were changed a moment ago, which cuts off their holders' tokens of that second: his is a later one.
  await signIn(scene, 'user_ada');
  const ben = await signIn(scene, 'user_ben');
  await step('Ben is promoted: he gains, and nothing of his is disturbed', async (tell) => {
    await happens(scene, tell, () => clerk.changeRole(organization, 'user_ben', 'org:admin'));
    tell.changed(`Ben is ${(await memberOverHttp(scene, 'user_ben')).role}`);
    tell.promise(
      (await may(scene, 'user_ben', pay)) && (await may(scene, 'user_ben', read)),
      'he may pay, and still read',
    );
    tell.promise(
      (await isCurrent(scene, ben)) && isSignedIn(scene, ben) && (await owed(scene, 'user_ben')) === 0,
      'his token is honoured, his session goes on',
    );
  });

  await step('Ben is downgraded, Admin → Member', async (tell) => {
    const watching = watchForRefusal(scene, ben);
    const { arrivals } = await happens(scene, tell, () =>
      clerk.changeRole(organization, 'user_ben', 'org:member'),
    );
    await tellRefusal(scene, tell, 'downgrade', { signedIn: ben, watching, arrivals });
    tell.promise(
      (await may(scene, 'user_ben', read)) && !(await may(scene, 'user_ben', pay)),
      'he keeps what a member may, and no more',
    );
    await untilRevoked(scene, ben);
    tell.promise(!isSignedIn(scene, ben), 'his session is revoked at Clerk');
  });

  const again = await signIn(scene, 'user_ben');
  await step('Ben is removed', async (tell) => {
    const watching = watchForRefusal(scene, again);
    const { arrivals } = await happens(scene, tell, () => clerk.removeMember(organization, 'user_ben'));
    await tellRefusal(scene, tell, 'removal', { signedIn: again, watching, arrivals });
    tell.promise(!(await memberOverHttp(scene, 'user_ben')).member, 'he is no member');
    tell.promise(!(await holdsAnything(scene, 'user_ben')), 'he holds nothing');
    await untilRevoked(scene, again);
    tell.promise(!isSignedIn(scene, again), 'his session is revoked at Clerk');
  });

  await step('Cleo is removed and joins again; news of the removal comes last', async (tell) => {
    await happens(scene, tell, () => {
      clerk.createUser({ id: 'user_cleo', firstName: 'Cleo' });
      clerk.addMember(organization, 'user_cleo', 'org:member');
    });
    const told = happensUnheard(scene, () => {
      clerk.removeMember(organization, 'user_cleo');
      clerk.addMember(organization, 'user_cleo', 'org:admin');
    });
    await deliver(scene, tell, ofType(told, 'organizationMembership.created'));
    const cleo = await signIn(scene, 'user_cleo');
    const late = await deliver(scene, tell, ofType(told, 'organizationMembership.deleted'));
    tell.promise(late.outcome === 'stale', 'the removal was of an earlier membership');
    const member = await memberOverHttp(scene, 'user_cleo');
    tell.changed(`Cleo is ${member.role}`);
    tell.promise(member.role === 'org:admin' && (await may(scene, 'user_cleo', pay)), 'she stays, as Admin');
    tell.promise(await isCurrent(scene, cleo), 'her token is honoured');
    await until('nothing is owed', async () => ((await owed(scene, 'user_cleo')) === 0 ? true : undefined));
    tell.promise(isSignedIn(scene, cleo), 'her session goes on');
  });
};
