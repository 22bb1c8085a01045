import { happens } from '../deliveries.ts';
import { freshToken, holdsAnything, isCurrent, memberOverHttp, signIn } from '../people.ts';
import { tellRefusal, watchForRefusal } from '../refusal.ts';
import type { Chapter } from '../scene.ts';

/** A ban, and its end. */
export const suspension: Chapter = async (step, scene) => {
  const { clerk } = scene;
  const cleo = await signIn(scene, 'user_cleo');

  await step('Cleo is banned', async (tell) => {
    const watching = watchForRefusal(scene, cleo);
    const { arrivals } = await happens(scene, tell, () => clerk.banUser('user_cleo'));
    await tellRefusal(scene, tell, 'ban', { signedIn: cleo, watching, arrivals });
    const { member } = await memberOverHttp(scene, 'user_cleo');
    tell.promise(member && !(await holdsAnything(scene, 'user_cleo')), 'she is a member who holds nothing');
  });

  await step('The ban is lifted', async (tell) => {
    await happens(scene, tell, () => clerk.unbanUser('user_cleo'));
    tell.changed(`Cleo holds ${(await memberOverHttp(scene, 'user_cleo')).permissions.join(', ')}`);
    tell.promise(await holdsAnything(scene, 'user_cleo'), 'she holds what she held');
    tell.promise(!(await isCurrent(scene, cleo)), 'the token from before the ban stays refused');
    const { id } = clerk.createSession('user_cleo', { organizationId: 'org_acme' });
    await freshToken(scene, 'user_cleo', id);
    tell.promise(true, 'signed in again, she is let in');
  });
};
