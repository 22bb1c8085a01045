import { expect } from 'vitest';
import { MOST_ATTEMPTS } from '../../src/domain/retry.ts';
import { OPERATORS, operatorOf } from '../http/support/operator.ts';
import { type Running, startRolecall } from '../http/support/rolecall.ts';
import { until } from './serve.ts';

const HOUR = 3_600_000;
const KEY = 'sk_live_CANARY_secret_key';

/** A Rolecall that agrees with Clerk, and then everything goes wrong that an operator has to mend. */
export async function startBroken(): Promise<Running> {
  let behind = HOUR;
  const rolecall = await startRolecall({
    // A production instance: a development one is asked three times a second.
    environment: { ...OPERATORS, CLERK_SECRET_KEY: KEY },
    paused: false,
    standIn: { now: () => Date.now() - behind, secretKey: KEY },
  });
  const { clerk, sql } = rolecall;
  clerk.createOrganization({ id: 'org_big' });
  clerk.createOrganization({ id: 'org_small' });
  for (let n = 0; n < 60; n += 1) {
    clerk.createUser({ id: `user_${n}` });
    clerk.addMember('org_big', `user_${n}`, 'org:member');
    if (n < 10) clerk.addMember('org_small', `user_${n}`, 'org:admin');
  }
  await reconcile(rolecall);
  // An hour goes by: of what was heard of in the last minute no absence is inferred.
  await sql`update rolecall.memberships set seen_at = seen_at - ${HOUR}`;
  behind = 0;
  // Clerk could not reach us, and too many are gone for anybody to believe it unasked …
  for (let n = 20; n < 45; n += 1) clerk.removeMember('org_big', `user_${n}`);
  await reconcile(rolecall);
  // … and then, one after the other, what there is to mend besides.
  await deadRevocation(rolecall);
  await deadDelivery(rolecall);
  clerk.removeMember('org_small', 'user_5');
  expect(await sql`select from rolecall.holds where status = 'waiting'`).toHaveLength(1);
  return rolecall;
}

async function reconcile(rolecall: Running): Promise<void> {
  const started = await operatorOf(rolecall)('POST', '/reconciliations', { reason: 'as every day' });
  const { id } = started.json as { id: number };
  await until(async () => {
    const { json } = await operatorOf(rolecall)('GET', `/reconciliations/${id}`);
    return (json as { status: string }).status === 'done';
  });
}

async function tell(rolecall: Running, change: () => unknown): Promise<void> {
  const before = rolecall.clerk.outbox.length;
  change();
  for (const event of rolecall.clerk.outbox.slice(before)) await rolecall.post(event.body, { id: event.id });
}

/** Clerk refuses to end a session until Rolecall gives up. */
async function deadRevocation(rolecall: Running): Promise<void> {
  const { clerk } = rolecall;
  clerk.createSession('user_1');
  clerk.failApi({ kind: 'status', status: 500, route: 'POST /v1/sessions/:id/revoke' });
  await tell(rolecall, () => clerk.removeMember('org_small', 'user_1'));
  await givenUp(rolecall, 'revoke_sessions');
  clerk.clearFaults();
}

/** The database refuses a removal, and Clerk does not answer when it is asked instead. */
async function deadDelivery(rolecall: Running): Promise<void> {
  const { clerk, sql } = rolecall;
  clerk.failApi({ kind: 'status', status: 500 });
  await sql.unsafe(
    'alter table rolecall.memberships add constraint a_mistake check (deleted_at is null) not valid',
  );
  await tell(rolecall, () => clerk.removeMember('org_small', 'user_2'));
  await givenUp(rolecall, 'lookup_member');
  // An attempt that is under way says afterwards when the next one is: it has ended once it is written down.
  await until(async () => {
    await sql`update rolecall.inbox set retry_at = 'infinity' where outcome = 'failed'`;
    const tried = await sql`
      select from rolecall.inbox as i
       where i.outcome = 'failed'
         and (i.retry_at is distinct from 'infinity'
              or i.attempts > 1
                 and not exists (select from rolecall.attempts as a where a.delivery_id = i.id and a.attempt = i.attempts))`;
    return tried.length === 0;
  });
  await sql.unsafe('alter table rolecall.memberships drop constraint a_mistake');
  clerk.clearFaults();
}

/** The last of many attempts is made, and fails. */
async function givenUp({ sql }: Running, kind: string): Promise<void> {
  await until(async () => {
    await sql`
      update rolecall.effects set attempts = ${MOST_ATTEMPTS - 1}, due_at = now()
       where kind = ${kind} and status = 'owed' and due_at > now()`;
    return (await sql`select from rolecall.effects where kind = ${kind} and status = 'dead'`).length === 1;
  });
}
