import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EventReader, readEvents } from './support/events.ts';
import { teller } from './support/policies.ts';
import { READ_TOKEN, type Running, startRolecall } from './support/rolecall.ts';

const ACME = 'read-only-acme-CANARY';

let rolecall: Running;
let tell: ReturnType<typeof teller>;
beforeAll(async () => {
  rolecall = await startRolecall({
    environment: { ROLECALL_READ_TOKEN: `${READ_TOKEN} acme@org_acme:${ACME}` },
  });
  tell = teller(rolecall);
  for (const id of ['user_ada', 'user_bob']) rolecall.clerk.createUser({ id });
  for (const id of ['org_acme', 'org_other']) rolecall.clerk.createOrganization({ id });
  rolecall.clerk.addMember('org_acme', 'user_ada', 'org:admin');
  await tell();
});
afterAll(() => rolecall.stop());

const open = async (
  query: string,
  headers: Record<string, string> = {},
  token = READ_TOKEN,
): Promise<{ readonly response: Response; readonly events: EventReader }> => {
  const response = await fetch(`${rolecall.url}/v1/changes?${query}`, {
    headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream', ...headers },
  });
  return { response, events: readEvents(response) };
};
const head = async () => Number((await rolecall.sql`select revision from rolecall.counter`)[0]?.['revision']);
const change = (role: string) => tell(() => rolecall.clerk.changeRole('org_acme', 'user_ada', role));

describe('changes as server-sent events', () => {
  it('are pushed with their revision as id, those that were missed first', async () => {
    const from = await head();
    await change('org:member');
    const { response, events } = await open(`after=${from}`);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const first = await events.next();
    expect(first).toMatchObject({ id: String(from + 1), event: 'change', data: { revision: from + 1 } });
    const missed = await head();
    await change('org:admin');
    for (let next = await events.next(); next?.data?.['kind'] !== 'granted'; next = await events.next()) {
      expect(Number(next?.id)).toBeLessThanOrEqual(missed);
    }
    await events.close();
  });

  it('begin with a sign of life when there is nothing, which tells where to resume', async () => {
    const from = await head();
    const { events } = await open(`after=${from}`);
    expect(await events.next()).toEqual({ id: String(from), event: null, data: null });
    await events.close();
  });

  it('go on after the last one that was received, whatever the address says', async () => {
    const from = await head();
    await change('org:member');
    await change('org:admin');
    const { events } = await open(`after=${from}`);
    const first = await events.change();
    await events.close();
    const resumed = await open(`after=${from}`, { 'last-event-id': String(first['revision']) });
    expect((await resumed.events.change())['revision']).toBe(Number(first['revision']) + 1);
    await resumed.events.close();
  });

  it('are asked for among other types, and refused where they cannot be resumed', async () => {
    const from = await head();
    const browser = await open(`after=${from}`, { accept: 'text/html, text/event-stream;q=0.9, */*' });
    expect(browser.response.headers.get('content-type')).toBe('text/event-stream');
    await browser.events.close();
    const future = await open(`after=${from}`, { 'last-event-id': String(from + 1) });
    expect(future.response.status).toBe(410);
    for (const id of ['x', '-1', '1.5', '1e9', ' ', '99999999999999999']) {
      const { response, events: opened } = await open(`after=${from}`, { 'last-event-id': id });
      expect(response.status, id).toBe(id.trim() === '' ? 200 : 400);
      await opened.close();
    }
    const json = await open(`after=${from}`, { accept: 'application/json', 'last-event-id': 'x' });
    expect(json.response.status).toBe(200);
    await json.events.close();
  });

  it('of one organization pass over what is of another', async () => {
    const { clerk } = rolecall;
    const { events } = await open(`after=${await head()}`, {}, ACME);
    await tell(() => clerk.addMember('org_other', 'user_bob', 'org:member'));
    await tell(() => clerk.addMember('org_acme', 'user_bob', 'org:member'));
    expect(await events.change()).toMatchObject({
      kind: 'granted',
      organization: 'org_acme',
      user: 'user_bob',
    });
    await events.close();
  });

  it('end when the database is another one by now, and cannot be resumed then', async () => {
    const { response, events } = await open(`after=${await head()}`);
    expect(response.status).toBe(200);
    await events.next();
    await rolecall.sql`update rolecall.instance set epoch = gen_random_uuid()`;
    for (let next = await events.next(); next !== null; next = await events.next()) {
      expect(next.data).toBeNull();
    }
  });

  it('answer a HEAD without beginning', async () => {
    const { status, headers, body } = await fetch(`${rolecall.url}/v1/changes?after=0`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${READ_TOKEN}`, accept: 'text/event-stream' },
    });
    expect([status, headers.get('content-type'), body]).toEqual([200, 'text/event-stream', null]);
  });
});

describe('readers', () => {
  it('who go away leave nothing behind, and others are told on', async () => {
    const from = await head();
    const left = await Promise.all(Array.from({ length: 50 }, () => open(`after=${from}`)));
    await Promise.all(left.map(({ events }) => events.next()));
    const { events } = await open(`after=${from}`);
    await Promise.all(left.map((one) => one.events.close()));
    await change('org:member');
    expect(await events.change()).toMatchObject({ revision: from + 1 });
    await events.close();
    await change('org:admin');
  });

  it('are let go of when the server stops, which does not wait for them', async () => {
    const other = await startRolecall();
    const response = await fetch(`${other.url}/v1/changes?after=0`, {
      headers: { authorization: `Bearer ${READ_TOKEN}`, accept: 'text/event-stream' },
    });
    const events = readEvents(response);
    await events.next();
    const stopped = other.stop();
    expect(await events.next()).toBeNull();
    await stopped;
  });
});
