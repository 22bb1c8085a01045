import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import worker from '../../src/runtime/worker.ts';
import { createClerkStandIn } from '../../src/testing/clerk/stand-in.ts';
import { svixHeaders } from '../../src/testing/clerk/webhooks/sign.ts';
import { readEvents } from './support/events.ts';

const SIGNING_SECRET = `whsec_${btoa('the secret of feeds in workerd!!')}`;
const clerk = createClerkStandIn({ autoSend: false });
const bindings = {
  HYPERDRIVE: env.HYPERDRIVE,
  CLERK_WEBHOOK_SIGNING_SECRET: SIGNING_SECRET,
  CLERK_SECRET_KEY: 'sk_test_workerd',
  CLERK_API_URL: 'http://127.0.0.1:9',
  CLERK_JWT_KEY: clerk.jwtKeyPem,
  CLERK_ISSUER: clerk.issuer,
  ROLECALL_AUTHORIZED_PARTIES: clerk.authorizedParty,
  ROLECALL_READ_TOKEN: 'read-in-workerd',
  ROLECALL_OPERATOR_TOKEN: 'operate',
  ROLECALL_MODE: 'paused',
};
const run = crypto.randomUUID().slice(0, 8);
const [user, organization] = [`user_${run}`, `org_${run}`];

let sent = 0;
/** Tells the worker whatever has happened at Clerk since. */
async function tell(change?: () => unknown): Promise<void> {
  change?.();
  for (const { body } of clerk.outbox.slice(sent)) {
    sent += 1;
    const headers = { ...svixHeaders(SIGNING_SECRET, `msg_${run}_${sent}`, Date.now(), body) };
    const { response, done } = await call('/webhooks/clerk', { method: 'POST', headers, body });
    expect(response.status).toBe(200);
    await response.text();
    await done();
  }
}

/** Makes it so, if it is another way: whatever ran before. */
async function give(role: string): Promise<void> {
  const held = clerk.access().find((member) => member.organizationId === organization);
  if (held?.role !== role) await tell(() => clerk.changeRole(organization, user, role));
}

async function call(path: string, init: RequestInit = {}, token = 'read-in-workerd') {
  const ctx = createExecutionContext();
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${token}`);
  const request = new Request(`https://worker.test${path}`, { ...init, headers });
  const response = await (worker.fetch(request, { ...bindings }, ctx) as Promise<Response>);
  return { response, done: () => waitOnExecutionContext(ctx) };
}

async function json(path: string, token?: string): Promise<Record<string, unknown>> {
  const { response, done } = await call(path, {}, token);
  const read = (await response.json()) as Record<string, unknown>;
  await done();
  return read;
}

beforeAll(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue();
  clerk.createUser({ id: user });
  clerk.createOrganization({ id: organization });
  clerk.addMember(organization, user, 'org:admin');
  await tell();
});
afterAll(() => {
  vi.restoreAllMocks();
});

describe('in workerd', () => {
  it('a snapshot is whole, request after request, and an abandoned one leaves nothing behind', async () => {
    for (let round = 0; round < 3; round += 1) {
      const left = await call('/v1/snapshot');
      await left.response.body?.cancel();
      await left.done();
      const { response, done } = await call('/v1/snapshot');
      const lines = (await response.text()).trimEnd().split('\n');
      await done();
      expect(lines.some((line) => line.includes(`"organization":"${organization}","user":"${user}"`))).toBe(
        true,
      );
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ kind: 'end' });
    }
  });

  it('a change is waited for by a look a second, over the connection of the request', async () => {
    await give('org:admin');
    const { next, epoch } = (await json('/v1/me/changes', token())) as { next: number; epoch: string };
    const waiting = untilMine(next, epoch);
    await tell(() => clerk.changeRole(organization, user, 'org:member'));
    expect(await waiting).toMatchObject({ kind: 'reduced', organization, user });
    expect(await json(`/v1/changes?after=${next}&epoch=other`)).toMatchObject({
      error: { code: 'resync_required' },
    });
  });

  it('changes are pushed as events, until the reader goes away', async () => {
    await give('org:member');
    const { next } = (await json('/v1/me/changes', token())) as { next: number };
    const { response, done } = await call(`/v1/changes?after=${next}`, {
      headers: { accept: 'text/event-stream' },
    });
    const events = readEvents(response);
    expect(Number((await events.next())?.id)).toBeGreaterThanOrEqual(next);
    await tell(() => clerk.changeRole(organization, user, 'org:admin'));
    let told = await events.change();
    while (told['user'] !== user) told = await events.change();
    expect(told).toMatchObject({ kind: 'granted', organization });
    await events.close();
    await done();
  });

  it('a session token shows what its user may do', async () => {
    await give('org:admin');
    expect(await json(`/v1/me/organizations/${organization}`, token())).toMatchObject({
      user,
      role: 'org:admin',
    });
    expect(await json(`/v1/me/organizations/${organization}`)).toMatchObject({
      error: { code: 'unauthenticated' },
    });
  });
});

/** The next change of our user: other files change things in the same database. */
async function untilMine(after: number, epoch: string): Promise<Record<string, unknown>> {
  for (let next = after; ; ) {
    const page = await json(`/v1/changes?after=${next}&epoch=${epoch}&wait=30`);
    const { changes } = page as { changes: Record<string, unknown>[] };
    const mine = changes.find((change) => change['user'] === user);
    if (mine !== undefined) return mine;
    next = Number(page['next']);
  }
}

/** Of the second after whatever has cut off its user. */
function token(): string {
  const session =
    [...clerk.state.sessions.values()][0] ?? clerk.createSession(user, { organizationId: organization });
  sent = clerk.outbox.length;
  return clerk.mintToken({
    sessionId: session.id,
    organizationId: organization,
    issuedAt: Date.now() + 1_000,
  });
}
