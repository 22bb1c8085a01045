import type { OutboxEvent } from '../../../index.ts';
import { deliver, happens, happensUnheard, ofType } from '../deliveries.ts';
import { holdsAnything, may, memberOverHttp, owed } from '../people.ts';
import { type Chapter, organization, type Scene } from '../scene.ts';
import { until } from '../until.ts';

const lookup = 'GET /v1/organizations/:id/memberships';
const pay = 'org:invoices:pay';

const answeredLookup = (scene: Scene, user: string) =>
  until(`Clerk's word on ${user}`, async () => ((await owed(scene, user)) === 0 ? true : undefined));

/** What happened ten minutes ago, while nothing of it arrived. */
export const tenMinutesAgo = (scene: Scene): readonly OutboxEvent[] => {
  const { clerk, clock } = scene;
  const told = happensUnheard(scene, () => {
    clerk.createUser({ id: 'user_mallory', firstName: 'Mallory' });
    clerk.createOrganization({ id: organization, name: 'Acme' });
    clerk.addMember(organization, 'user_mallory', 'org:admin');
    clerk.removeMember(organization, 'user_mallory');
  });
  clock.toPresent();
  return told;
};

/** Messages that arrive late, twice, in the wrong order or in doubt. */
export const outOfOrder =
  (past: readonly OutboxEvent[]): Chapter =>
  async (step, scene) => {
    const { clerk } = scene;

    await step('Mallory was Admin once; ten minutes late only the joining arrives', async (tell) => {
      const asked = clerk.calls.to(lookup);
      await deliver(scene, tell, ofType(past, 'organization.created'));
      await deliver(scene, tell, ofType(past, 'user.created'));
      const late = await deliver(scene, tell, ofType(past, 'organizationMembership.created'));
      tell.promise(late.outcome === 'held', 'what comes late and would give access is held');
      tell.promise(!(await holdsAnything(scene, 'user_mallory')), 'meanwhile she holds nothing');
      await answeredLookup(scene, 'user_mallory');
      tell.changed(`asked ${clerk.calls.to(lookup) - asked} ×, Clerk knows no such member`);
      tell.promise(clerk.calls.to(lookup) > asked, 'Clerk was asked');
      const { member } = await memberOverHttp(scene, 'user_mallory');
      tell.promise(!member && !(await holdsAnything(scene, 'user_mallory')), 'she stays out');
    });

    await step('Dan is promoted, then removed; the promotion arrives last', async (tell) => {
      await happens(scene, tell, () => {
        clerk.createUser({ id: 'user_dan', firstName: 'Dan' });
        clerk.addMember(organization, 'user_dan', 'org:member');
      });
      const told = happensUnheard(scene, () => {
        clerk.changeRole(organization, 'user_dan', 'org:admin');
        clerk.removeMember(organization, 'user_dan');
      });
      await deliver(scene, tell, ofType(told, 'organizationMembership.deleted'));
      const late = await deliver(scene, tell, ofType(told, 'organizationMembership.updated'));
      tell.promise(late.outcome === 'stale', 'it changes nothing any more');
      const { member } = await memberOverHttp(scene, 'user_dan');
      tell.promise(!member && !(await holdsAnything(scene, 'user_dan')), 'he stays out');
    });

    await step('Eve joins, and Clerk says it five times', async (tell) => {
      clerk.failWebhooks({
        kind: 'duplicate',
        copies: 4,
        times: 1,
        types: ['organizationMembership.created'],
      });
      const { arrivals } = await happens(scene, tell, () => {
        clerk.createUser({ id: 'user_eve', firstName: 'Eve' });
        clerk.addMember(organization, 'user_eve', 'org:member');
      });
      const outcomes = arrivals.filter(({ type }) => type === 'organizationMembership.created');
      const count = (outcome: string) => outcomes.filter((one) => one.outcome === outcome).length;
      tell.promise(count('applied') === 1 && count('duplicate') === 4, 'applied once, four duplicates');
    });

    await step('Eve’s role changes twice within one millisecond', async (tell) => {
      const told = happensUnheard(scene, () =>
        clerk.sameInstant(() => {
          clerk.changeRole(organization, 'user_eve', 'org:admin');
          clerk.changeRole(organization, 'user_eve', 'org:member');
        }),
      );
      const [toAdmin, toMember] = told;
      if (toAdmin === undefined || toMember === undefined)
        throw new Error('Clerk told less than two changes.');
      clerk.failApi({ kind: 'hang', route: lookup, times: 1 });
      // Clerk's truth is the second; the other order shows that the last to arrive does not win.
      await deliver(scene, tell, toMember);
      const second = await deliver(scene, tell, toAdmin);
      tell.promise(second.outcome === 'held', 'two truths of one moment are held');
      tell.promise(!(await holdsAnything(scene, 'user_eve')), 'until Clerk answers she holds nothing');
      clerk.clearFaults();
      await answeredLookup(scene, 'user_eve');
      const { role } = await memberOverHttp(scene, 'user_eve');
      tell.changed(`Clerk’s word: Eve is ${role}`);
      tell.promise(
        role === 'org:member' &&
          !(await may(scene, 'user_eve', pay)) &&
          (await holdsAnything(scene, 'user_eve')),
        'she is what Clerk says, and no Admin',
      );
    });
  };
