import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClerkStandIn, OutboxEvent } from '../../../src/testing/index.ts';
import {
  type Answered,
  deliver as deliverAndTell,
  happens as happenAndTell,
  happensUnheard,
  ofType,
} from '../../../src/testing/stack/demo/deliveries.ts';
import * as people from '../../../src/testing/stack/demo/people.ts';
import { type ProviderClock, providerClock } from '../../../src/testing/stack/demo/provider-clock.ts';
import { isSignedIn, untilRevoked, watchForRefusal } from '../../../src/testing/stack/demo/refusal.ts';
import { teller } from '../../../src/testing/stack/demo/report.ts';
import {
  organization as acme,
  openScene,
  type Place,
  type Scene,
} from '../../../src/testing/stack/demo/scene.ts';

/** Rolecall, running somewhere: all that the suite knows of it. */
export type Running = Place & { readonly stop: () => Promise<void> };

const { tell } = teller();
const pay = 'org:invoices:pay';
const read = 'org:invoices:read';

/**
 * The promises to the provider and to apps, from outside: a URL, a Clerk and a database.
 * @param spills whether there is a queue that takes what the database cannot.
 */
export const smoke = (
  name: string,
  start: (clock: ProviderClock) => Promise<Running>,
  { spills }: { readonly spills: boolean },
): void => {
  describe(name, () => {
    const clock = providerClock(10 * 60_000);
    let running: Running;
    let scene: Scene;
    let clerk: ClerkStandIn;
    let close: () => Promise<void>;
    let past: readonly OutboxEvent[];

    beforeAll(async () => {
      running = await start(clock);
      ({ scene, close } = openScene(running, clock));
      clerk = scene.clerk;
      past = happensUnheard(scene, () => {
        clerk.createUser({ id: 'user_late' });
        clerk.createOrganization({ id: acme });
        clerk.addMember(acme, 'user_late', 'org:admin');
        clerk.removeMember(acme, 'user_late');
      });
      clock.toPresent();
      await happens(() => {
        clerk.changeRolePermissions('org:member', [read]);
        clerk.changeRolePermissions('org:admin', [read, pay]);
      });
    });
    afterAll(async () => {
      await close?.();
      await running?.stop();
    });

    const happens = async (change: () => void): Promise<readonly Answered[]> =>
      (await happenAndTell(scene, tell, change)).arrivals;
    const deliver = (...[event, how]: [OutboxEvent, Parameters<typeof deliverAndTell>[3]?]) =>
      deliverAndTell(scene, tell, event, how);
    const join = (id: string, role: string) =>
      happens(() => {
        clerk.createUser({ id });
        clerk.addMember(acme, id, role);
      });
    const member = (id: string) => people.memberOverHttp(scene, id);
    const nothingOwed = (id: string) => expect.poll(() => people.owed(scene, id)).toBe(0);

    const get = (path: string, headers: Record<string, string> = {}) =>
      fetch(`${running.worker.url}${path}`, { headers });

    test('it lives, is ready, and tells nobody anything without a token', async () => {
      expect((await get('/healthz')).status).toBe(200);
      expect((await get('/readyz')).status).toBe(200);
      const path = `/v1/organizations/${acme}/members/user_anybody`;
      expect((await get(path)).status).toBe(401);
      expect((await get(path, { authorization: 'Bearer guessed' })).status).toBe(401);
      const answer = await get(path, { authorization: `Bearer ${running.tokens.read}` });
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(await answer.json()).toMatchObject({ member: false, role: null, permissions: [] });
    });

    test('whoever joins may do what the role says, in SQL and over HTTP', async () => {
      const arrivals = await join('user_ann', 'org:admin');
      expect(arrivals.map(({ outcome }) => outcome)).toEqual(['applied', 'applied']);
      expect(await member('user_ann')).toMatchObject({ role: 'org:admin', permissions: [pay, read] });
      expect(await people.may(scene, 'user_ann', pay)).toBe(true);
    });

    test('a promotion disturbs nothing', async () => {
      await join('user_bob', 'org:member');
      // Both roles were changed a moment ago, which cuts off their holders' tokens of that second: his is a later one.
      await people.signIn(scene, 'user_ann');
      const bob = await people.signIn(scene, 'user_bob');
      await happens(() => clerk.changeRole(acme, 'user_bob', 'org:admin'));
      expect(await people.may(scene, 'user_bob', pay)).toBe(true);
      expect(await people.isCurrent(scene, bob)).toBe(true);
      expect(isSignedIn(scene, bob)).toBe(true);
    });

    test('a downgrade refuses the outstanding token at once, and the session is revoked', async () => {
      await join('user_cid', 'org:admin');
      const cid = await people.signIn(scene, 'user_cid');
      const refused = watchForRefusal(scene, cid, 2_000);
      await happens(() => clerk.changeRole(acme, 'user_cid', 'org:member'));
      await refused;
      expect(await people.isRefusedOverHttp(scene, cid)).toBe(true);
      expect(await member('user_cid')).toMatchObject({ role: 'org:member', permissions: [read] });
      await untilRevoked(scene, cid);
    });

    test('a removal refuses the outstanding token at once, and the session is revoked', async () => {
      await join('user_deb', 'org:admin');
      const deb = await people.signIn(scene, 'user_deb');
      const refused = watchForRefusal(scene, deb, 2_000);
      await happens(() => clerk.removeMember(acme, 'user_deb'));
      await refused;
      expect(await people.isRefusedOverHttp(scene, deb)).toBe(true);
      expect(await member('user_deb')).toMatchObject({ member: false, permissions: [] });
      await untilRevoked(scene, deb);
    });

    test('over AuthZEN the answers are the same, and a token that was cut off is refused', async () => {
      const decide = async (
        name: string,
        token?: { readonly session: string; readonly issuedAt: number },
      ): Promise<unknown> => {
        const answer = await fetch(`${running.worker.url}/organizations/${acme}/access/v1/evaluations`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${running.tokens.read}`,
            'content-type': 'application/json',
            'x-request-id': 'smoke',
          },
          body: JSON.stringify({
            subject: { type: 'user', id: 'user_ned' },
            ...(token && { context: { token: { session_id: token.session, issued_at: token.issuedAt } } }),
            evaluations: [{ action: { name }, resource: { type: 'invoice', id: 'in_1' } }],
          }),
        });
        expect([answer.status, answer.headers.get('x-request-id')]).toEqual([200, 'smoke']);
        return answer.json();
      };
      const allowed = { evaluations: [{ decision: true }] };
      const denied = (reason: string) => ({ evaluations: [{ decision: false, context: { reason } }] });
      expect(await decide(pay)).toEqual(denied('not_a_member'));
      await join('user_ned', 'org:admin');
      const ned = await people.signIn(scene, 'user_ned');
      expect(await decide(pay, ned)).toEqual(allowed);
      await happens(() => clerk.changeRole(acme, 'user_ned', 'org:member'));
      expect(await decide(pay)).toEqual(denied('missing_permission'));
      expect(await decide(read)).toEqual(allowed);
      expect(await decide(read, ned)).toEqual(denied('token_cut_off'));
      await happens(() => clerk.removeMember(acme, 'user_ned'));
      expect(await decide(read, ned)).toEqual(denied('not_a_member'));

      const metadata = await get('/.well-known/authzen-configuration');
      expect(await metadata.json()).toMatchObject({ policy_decision_point: running.worker.url });
    });

    test('the late removal of an earlier membership does not touch who joined again', async () => {
      await join('user_eli', 'org:member');
      const told = happensUnheard(scene, () => {
        clerk.removeMember(acme, 'user_eli');
        clerk.addMember(acme, 'user_eli', 'org:admin');
      });
      await deliver(ofType(told, 'organizationMembership.created'));
      const eli = await people.signIn(scene, 'user_eli');
      expect((await deliver(ofType(told, 'organizationMembership.deleted'))).outcome).toBe('stale');
      expect(await people.may(scene, 'user_eli', pay)).toBe(true);
      expect(await people.isCurrent(scene, eli)).toBe(true);
    });

    test('a joining that arrives ten minutes late waits for the provider, which says no', async () => {
      expect((await deliver(ofType(past, 'organizationMembership.created'))).outcome).toBe('held');
      expect(await people.holdsAnything(scene, 'user_late')).toBe(false);
      await nothingOwed('user_late');
      expect(await member('user_late')).toMatchObject({ member: false });
      expect(clerk.calls.to('GET /v1/organizations/:id/memberships')).toBeGreaterThan(0);
    });

    test('an update after the removal resurrects nobody', async () => {
      await join('user_fin', 'org:member');
      const told = happensUnheard(scene, () => {
        clerk.changeRole(acme, 'user_fin', 'org:admin');
        clerk.removeMember(acme, 'user_fin');
      });
      await deliver(ofType(told, 'organizationMembership.deleted'));
      expect((await deliver(ofType(told, 'organizationMembership.updated'))).outcome).toBe('stale');
      expect(await member('user_fin')).toMatchObject({ member: false });
    });

    test('of copies that arrive together one is applied', async () => {
      clerk.createUser({ id: 'user_gus' });
      const told = happensUnheard(scene, () => clerk.addMember(acme, 'user_gus', 'org:member'));
      const joined = ofType(told, 'organizationMembership.created');
      const outcomes = await Promise.all(Array.from({ length: 8 }, () => clerk.deliver(joined)));
      const count = (outcome: string) =>
        outcomes.filter(({ status, body }) => status === 200 && body.includes(`"${outcome}"`)).length;
      expect([count('applied'), count('duplicate')]).toEqual([1, 7]);
    });

    test('of two changes at one moment neither is believed before the provider answers', async () => {
      await join('user_hux', 'org:member');
      const told = happensUnheard(scene, () =>
        clerk.sameInstant(() => {
          clerk.changeRole(acme, 'user_hux', 'org:admin');
          clerk.changeRole(acme, 'user_hux', 'org:member');
        }),
      );
      clerk.failApi({ kind: 'hang', route: 'GET /v1/organizations/:id/memberships', times: 1 });
      const [toAdmin, toMember] = told as [OutboxEvent, OutboxEvent];
      expect((await deliver(toMember)).outcome).toBe('applied');
      expect((await deliver(toAdmin)).outcome).toBe('held');
      expect(await people.holdsAnything(scene, 'user_hux')).toBe(false);
      clerk.clearFaults();
      await nothingOwed('user_hux');
      expect(await member('user_hux')).toMatchObject({ role: 'org:member', permissions: [read] });
    });

    test('a ban takes everything, and its end gives it back, but not to old tokens', async () => {
      await join('user_ivo', 'org:admin');
      const ivo = await people.signIn(scene, 'user_ivo');
      await happens(() => clerk.banUser('user_ivo'));
      expect(await people.isCurrent(scene, ivo)).toBe(false);
      expect(await people.holdsAnything(scene, 'user_ivo')).toBe(false);
      await happens(() => clerk.unbanUser('user_ivo'));
      expect(await people.may(scene, 'user_ivo', pay)).toBe(true);
      expect(await people.isCurrent(scene, ivo)).toBe(false);
    });

    test('a role that loses a permission takes it from its holders, and their tokens with it', async () => {
      clerk.defineRole('org:editor', 'Editor', ['org:posts:write', 'org:posts:publish']);
      await join('user_joy', 'org:editor');
      const joy = await people.signIn(scene, 'user_joy');
      await happens(() => clerk.changeRolePermissions('org:editor', ['org:posts:write']));
      expect(await people.isCurrent(scene, joy)).toBe(false);
      expect(await member('user_joy')).toMatchObject({ permissions: ['org:posts:write'] });
      await people.freshToken(scene, joy.user, joy.session);
    });

    test('what is not authentic, not of this instance or not what it was is refused', async () => {
      await join('user_kim', 'org:member');
      const told = happensUnheard(scene, () => {
        clerk.changeRole(acme, 'user_kim', 'org:admin');
        clerk.changeRole(acme, 'user_kim', 'org:member');
      });
      const [toAdmin, toMember] = told as [OutboxEvent, OutboxEvent];
      const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
      expect(await deliver(toAdmin, { secret })).toMatchObject({ status: 401, outcome: 'invalid_signature' });
      for (const late of [-301_000, 302_000]) {
        expect(await deliver(toAdmin, { at: clerk.now() + late })).toMatchObject({ status: 401 });
      }
      const foreign = JSON.stringify({ ...toAdmin.payload, instance_id: 'ins_other' });
      expect(await deliver(toAdmin, { id: 'msg_foreign', body: foreign })).toMatchObject({
        status: 403,
        outcome: 'wrong_instance',
      });
      expect(await deliver(toMember)).toMatchObject({ status: 200, outcome: 'applied' });
      expect(await deliver(toAdmin, { id: toMember.id })).toMatchObject({
        status: 409,
        outcome: 'delivery_conflict',
      });
      expect(await deliver(toAdmin, { body: ' '.repeat(600 * 1024) })).toMatchObject({ status: 413 });
      expect(await member('user_kim')).toMatchObject({ role: 'org:member', permissions: [read] });
    });

    test('unknown kinds leave their name only, malformed ones are kept as failed', async () => {
      const [event] = past as [OutboxEvent];
      const say = (id: string, what: object) =>
        deliver(event, { id, body: JSON.stringify({ ...event.payload, timestamp: clerk.now(), ...what }) });
      expect((await say('msg_code', { type: 'sms.created', data: { code: '1234' } })).outcome).toBe(
        'ignored',
      );
      const broken = { type: 'organizationMembership.updated', data: { id: 7 } };
      expect((await say('msg_broken', broken)).outcome).toBe('failed');
      expect((await deliver(event, { id: 'msg_text', body: 'not JSON' })).status).toBe(200);
      const rows = await scene.operator`
        select id, type, body is not null as kept, outcome from rolecall.inbox
        where id in ('msg_code', 'msg_broken') order by id`;
      expect(rows).toEqual([
        { id: 'msg_broken', type: 'organizationMembership.updated', kept: true, outcome: 'failed' },
        { id: 'msg_code', type: 'sms.created', kept: false, outcome: 'ignored' },
      ]);
    });

    test('while the provider fails a revocation stays owed, and is done when it is back', async () => {
      await join('user_lea', 'org:admin');
      const lea = await people.signIn(scene, 'user_lea');
      const from = clerk.calls.log.length;
      clerk.failApi({ kind: 'status', status: 502, html: true });
      await happens(() => clerk.removeMember(acme, 'user_lea'));
      expect(await people.isCurrent(scene, lea)).toBe(false);
      await expect.poll(() => clerk.calls.log.slice(from).length).toBeGreaterThan(1);
      expect([await people.owed(scene, 'user_lea'), isSignedIn(scene, lea)]).toEqual([1, true]);
      clerk.clearFaults();
      await untilRevoked(scene, lea);
      await nothingOwed('user_lea');
    });

    test('while the database is down nothing acknowledged is lost, and nothing else is acknowledged', async () => {
      await join('user_max', 'org:admin');
      const max = await people.signIn(scene, 'user_max');
      await clerk.settled();
      const startAgain = await running.database.interrupt();
      const told = happensUnheard(scene, () => clerk.removeMember(acme, 'user_max'));
      const removal = ofType(told, 'organizationMembership.deleted');
      const answer = await deliver(removal);
      expect(answer).toMatchObject(
        spills ? { status: 200, outcome: 'queued' } : { status: 503, outcome: 'unavailable' },
      );
      expect(answer.retryAfter).toEqual(spills ? null : expect.stringMatching(/^\d+$/));
      expect((await get('/readyz')).status).toBe(503);
      expect((await get('/healthz')).status).toBe(200);
      await startAgain();
      if (!spills) clerk.resend(removal.id);
      await watchForRefusal(scene, max, 15_000);
      expect(await member('user_max')).toMatchObject({ member: false });
      await untilRevoked(scene, max);
    });

    test('everything once more, in another order, moves nothing', async () => {
      await clerk.settled();
      await nothingOwed('user_max');
      const taken = new Set(
        clerk.deliveries.filter(({ status }) => status === 200).map((one) => one.messageId),
      );
      const state = async () => [
        await people.revision(scene),
        await scene.operator`select * from rolecall.current_permissions order by 1, 2, 3`,
        await scene.operator`select organization_id, user_id, cutoff from rolecall.pairs order by 1, 2`,
      ];
      const before = await state();
      const made = clerk.deliveries.length;
      for (const { id } of clerk.outbox.toReversed()) if (taken.has(id)) clerk.resend(id);
      await clerk.settled();
      const again = clerk.deliveries.slice(made).map(({ body }) => body);
      expect(again.length).toBeGreaterThan(40);
      expect(again.filter((body) => !body.includes('"duplicate"'))).toEqual([]);
      expect(await state()).toEqual(before);
    });
  });
};
