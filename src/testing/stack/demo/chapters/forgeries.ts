import { randomBytes } from 'node:crypto';
import type { OutboxEvent } from '../../../index.ts';
import { deliver, happensUnheard } from '../deliveries.ts';
import { memberOverHttp } from '../people.ts';
import { type Chapter, organization, type Scene } from '../scene.ts';

const invented = ({ clerk }: Scene, type: string, data: OutboxEvent['payload']['data']): OutboxEvent => {
  const at = clerk.now();
  const payload: OutboxEvent['payload'] = {
    data,
    event_attributes: { http_request: { client_ip: '192.0.2.1', user_agent: 'clerk-stand-in' } },
    instance_id: clerk.instanceId,
    object: 'event',
    timestamp: at,
    type,
  };
  const id = `msg_${randomBytes(13).toString('hex')}`;
  return { id, type, at, payload, body: JSON.stringify(payload) };
};

/** What is not Clerk's, or not of this Clerk, or not what it was. */
export const forgeries: Chapter = async (step, scene) => {
  const { clerk, operator } = scene;

  await step('Five messages that nobody should believe make Eve an Admin', async (tell) => {
    const told = happensUnheard(scene, () => {
      clerk.changeRole(organization, 'user_eve', 'org:admin');
      clerk.changeRole(organization, 'user_eve', 'org:member');
    });
    const [toAdmin, toMember] = told;
    if (toAdmin === undefined || toMember === undefined) throw new Error('Clerk told less than two changes.');

    const secret = `whsec_${randomBytes(24).toString('base64')}`;
    const forged = await deliver(scene, tell, toAdmin, { secret });
    tell.refused('signed with another secret');
    const old = await deliver(scene, tell, toAdmin, { at: clerk.now() - 301_000 });
    tell.refused('signed 301 s ago');
    const { headers } = clerk.signed(toMember);
    const changed = await fetch(scene.stack.worker.webhooks, {
      method: 'POST',
      headers: { ...headers },
      body: toAdmin.body,
    });
    await changed.arrayBuffer();
    tell.arrived(`     ${toAdmin.type.padEnd(31)} → ${changed.status} invalid_signature`);
    tell.promise(
      [forged.status, old.status, changed.status].every((status) => status === 401),
      '401 for all three, with the same words',
    );

    const foreign = JSON.stringify({ ...toAdmin.payload, instance_id: 'ins_of_somebody_else' });
    const other = await deliver(scene, tell, toAdmin, { id: `${toAdmin.id}x`, body: foreign });
    tell.promise(other.status === 403 && other.outcome === 'wrong_instance', 'another Clerk instance: 403');

    const first = await deliver(scene, tell, toMember);
    const reused = await deliver(scene, tell, toAdmin, { id: toMember.id });
    tell.promise(
      first.status === 200 && reused.status === 409,
      'a known message id with another content: 409',
    );
    const { role } = await memberOverHttp(scene, 'user_eve');
    tell.promise(role === 'org:member', 'Eve is what she was');
  });

  await step('A kind of message that Rolecall does not know, with a one-time code', async (tell) => {
    const event = invented(scene, 'email.created', {
      object: 'email',
      id: 'ema_1',
      body: 'Your code is 424242',
    });
    scene.extras.push(event);
    const answer = await deliver(scene, tell, event);
    const [row] = await operator<{ type: string; body: Uint8Array | null }[]>`
      select type, body from rolecall.inbox where id = ${event.id}`;
    tell.promise(answer.outcome === 'ignored', 'acknowledged and ignored');
    tell.promise(row?.type === 'email.created' && row.body === null, 'its name is kept, its content is not');
  });
};
