import { createApp } from '../../../src/http/app.ts';
import { throttle } from '../../../src/http/operator/throttle.ts';
import { approveHold, type HoldTools, rejectHold } from '../../../src/pipeline/holds/decide-hold.ts';
import { unknownInstance } from '../../../src/pipeline/instance-check.ts';
import { applyPolicy } from '../../../src/pipeline/policies/apply-policy.ts';
import { previewPolicy } from '../../../src/pipeline/policies/preview-policy.ts';
import { unknownRestore } from '../../../src/pipeline/upkeep/known-restore.ts';
import { resolvePolicy } from '../../../src/policy/index.ts';
import { compose } from '../../../src/runtime/compose.ts';
import { readConfig } from '../../../src/runtime/config.ts';
import { policyDigest } from '../../../src/runtime/policy-tools.ts';
import type { Statements } from '../../../src/store/postgres/client.ts';
import { postgresDownloads } from '../../../src/store/postgres/downloads.ts';
import { emptyMemory } from '../../../src/store/postgres/memory.ts';
import { serveClerkStandIn, svixHeaders } from '../../../src/testing/index.ts';

const SECRET = `whsec_${btoa('the secret of recorded releases!')}`;
const KEY = 'sk_live_recorded';
const nothing = () => undefined;

const policy = (name: string, may: readonly string[]) => ({
  name,
  scopes: { workspace: { description: 'A place in it.', organizationRolesReach: false } },
  permissions: { 'tickets:view': 'See tickets', 'tickets:work': 'Answer tickets' },
  roles: {
    'org:admin': {
      ...{ title: 'Admin', description: 'Runs it.', givenToCreator: true, can: may },
      assigns: ['org:member'],
    },
    'org:member': {
      ...{ title: 'Member', description: 'Works in it.' },
      can: [{ permission: 'tickets:view', only: 'own' }],
    },
    EDITOR: { scope: 'workspace', title: 'Editor', description: 'Works there.', can: ['tickets:work'] },
  },
  constraints: [{ exactlyOne: 'org:admin' }],
});

/** Everything that a release says to its database, or nearly: a day of an installation, one step after the other. */
export async function playRelease(statements: Statements, databaseUrl: string): Promise<void> {
  const served = await serveClerkStandIn({
    autoSend: false,
    seed: 11,
    secretKey: KEY,
    signingSecret: SECRET,
  });
  const clerk = served.standIn;
  const downloads = postgresDownloads(databaseUrl, { most: 1 });
  const read = readConfig({
    CLERK_WEBHOOK_SIGNING_SECRET: SECRET,
    CLERK_SECRET_KEY: KEY,
    CLERK_API_URL: served.url,
    ROLECALL_READ_TOKEN: 'read',
    ROLECALL_OPERATOR_TOKEN: 'ann:operate',
    ROLECALL_KEEP_CHANGES: '3650',
  });
  if ('problems' in read) throw new Error(read.problems.join());
  const composed = compose(read.config, {
    statements,
    downloads,
    pollMs: 1_000,
    clock: { now: () => Date.now() },
    log: { info: nothing, warn: nothing, error: nothing },
    spill: null,
    knownInstance: unknownInstance(),
    memory: emptyMemory(),
    notedMode: { noted: false },
    knownRestore: unknownRestore(),
    restoreFreshMs: 60_000,
    wrongOperators: throttle(),
    concurrency: 1,
    sharing: false,
    consequences: { role: 'revoke' },
    dispatchSoon: nothing,
    replaySoon: nothing,
    reconcileSoon: nothing,
  });
  const { services } = composed;
  const app = createApp(() => ({ services }));
  const forever = Number.POSITIVE_INFINITY;

  let told = 0;
  const deliver = async (id: string, body: string) =>
    app.request('/webhooks/clerk', {
      method: 'POST',
      headers: { ...svixHeaders(SECRET, id, Date.now(), body) },
      body,
    });
  const tell = async (change: () => unknown) => {
    change();
    for (const event of clerk.outbox.slice(told)) await deliver(event.id, event.body);
    told = clerk.outbox.length;
    await composed.dispatch(forever);
  };
  const ask = async (path: string, body?: object): Promise<Response> => {
    const token = /^\/(operator|metrics)/.test(path) ? 'operate' : 'read';
    const response = await app.request(path, {
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
    const copy = response.clone();
    await response.text();
    if (response.status >= 500) throw new Error(`${path} answered ${response.status}`);
    return copy;
  };
  try {
    await tell(() => {
      for (const id of ['user_a', 'user_b', 'user_c', 'user_d']) clerk.createUser({ id });
      clerk.createOrganization({
        id: 'org_1',
        publicMetadata: { features: ['beta'], agents: { bot: { tools: { allowed: ['web'] } } } },
      });
      clerk.addMember('org_1', 'user_a', 'org:admin');
      for (const id of ['user_b', 'user_c', 'user_d']) clerk.addMember('org_1', id, 'org:member');
      clerk.defineRole('org:editor', 'Editor', ['org:posts:read', 'org:posts:write']);
      clerk.createInvitation('org_1', 'eve@example.com', 'org:member', { inviterId: 'user_a' });
      clerk.createSession('user_b');
    });
    await tell(() => {
      clerk.changeRole('org_1', 'user_c', 'org:editor');
      clerk.removeMember('org_1', 'user_b');
      clerk.banUser('user_d');
      clerk.changeRolePermissions('org:editor', ['org:posts:read']);
      clerk.createOrganization({ id: 'org_2' });
      clerk.deleteOrganization('org_2');
    });
    const [first] = clerk.outbox;
    await deliver(first?.id ?? '', first?.body ?? '');
    await deliver('msg_broken', '{"type":"organizationMembership.updated","data":{}}');
    await composed.services.store.isMemberAnywhere('user_a' as never);

    const tools: HoldTools = {
      mode: services.mode,
      consequences: services.consequences,
      store: services.store,
      policies: services.policies,
      reconciler: services.reconciler,
      clock: services.clock,
    };
    const apply = async (definition: unknown) => {
      const resolved = resolvePolicy(definition);
      return applyPolicy(tools, {
        policy: resolved,
        digest: policyDigest(resolved),
        by: 'ann',
        reason: 'recorded',
      });
    };
    await apply(policy('first', ['tickets:view', 'tickets:work']));
    await services.store.checkConstraints('org_1' as never);
    await services.policies.readPolicies();

    const question = { subject: { type: 'user', id: 'user_a' }, action: { name: 'tickets:view' } };
    await ask('/access/v1/evaluation', { ...question, resource: { type: 'organization', id: 'org_1' } });
    for (const [kind, search] of [
      [
        'subject',
        { ...question, subject: { type: 'user' }, resource: { type: 'organization', id: 'org_1' } },
      ],
      ['resource', { ...question, resource: { type: 'organization' } }],
      ['action', { subject: question.subject, resource: { type: 'organization', id: 'org_1' } }],
    ] as const) {
      await ask(`/access/v1/search/${kind}`, search);
    }
    const one = '/v1/organizations/org_1';
    for (const path of [
      ...[
        `${one}/members/user_a`,
        `${one}/members`,
        `${one}/members?role=org:admin`,
        `${one}/invitations?status=all`,
      ],
      ...[
        `${one}/seats`,
        `${one}/assignable-roles?actor=user_a&target=user_c`,
        `${one}/findings`,
        '/v1/roles',
      ],
      ...['/v1/changes?after=0', '/readyz'],
    ]) {
      await ask(path);
    }
    await services.feedStore.readSession({
      userId: 'user_a',
      sessionId: 'sess_1',
      organizationId: 'org_1',
    } as never);
    const removal = clerk.outbox.find(({ type }) => type === 'organizationMembership.deleted')?.id ?? '';
    await ask('/operator/v1/replays', { ids: [removal, 'msg_none'], dry_run: true });
    await ask('/operator/v1/replays', { filter: { organization: 'org_1' }, reason: 'recorded' });
    await ask('/operator/v1/replays/1/cancel', {});
    await composed.replay(forever);
    await composed.dispatch(forever);
    await ask('/operator/v1/reconciliations', { dry_run: false, reason: 'recorded' });
    await ask('/operator/v1/reconciliations', { dry_run: true, organization: 'org_1' });
    await ask('/operator/v1/reconciliations/2/cancel', {});
    await composed.reconcile(Date.now() + 2_000);
    const org = 'organization=org_1';
    for (const path of [
      ...[
        'status',
        'activity?minutes=60',
        'deliveries?limit=2',
        'deliveries?status=failed',
        `deliveries/${removal}`,
      ],
      ...[
        'effects',
        'effects?status=done',
        'holds',
        'replays',
        'replays/1',
        'reconciliations',
        'reconciliations/1',
      ],
      ...['audit', `audit?${org}`, 'organizations', 'organizations/org_1/access-review'],
      ...[`explanations?user=user_b&${org}`, `explanations?user=user_c&${org}&permission=tickets:view`],
    ]) {
      await ask(`/operator/v1/${path}`);
    }
    await ask('/metrics');
    await ask('/operator/v1/effects/1/retry', {});
    await ask('/operator/v1/effects/pause', { reason: 'recorded' });
    await ask('/operator/v1/effects/resume', {});

    const resolved = resolvePolicy(policy('second', ['tickets:view']));
    const digest = policyDigest(resolved);
    const { preview } = await previewPolicy(tools, resolved, digest);
    const hold = await services.policies.raiseHold({
      kind: 'policy',
      difference: preview,
      payload: { policy: resolved, digest, expected: preview.active },
      by: 'ann',
      reason: 'recorded',
    });
    await ask('/operator/v1/holds');
    await rejectHold(tools, hold, 'ann');
    await approveHold(tools, hold, 'ann');

    const session = { idSha256: '01'.repeat(32), tokenSha256: '02'.repeat(32), operator: 'ann', seconds: 60 };
    await services.console.openSession(session as never);
    await services.console.readSession(session.idSha256);
    await services.console.closeSession(session.idSha256);
    await services.console.readHeldBefore(removal);

    await composed.keepUp(forever);
    await services.upkeep.putOffForgetting();
    await services.repeater.replays.readAccessOf(['user_a'], ['org_1']);
    await services.upkeep.beginRestore('ann', 'recorded');
    const { reconciliations } = services.reconciler;
    const budget = { callsPerSecond: 30, burst: 300, leaseMs: 30_000, now: Date.now() };
    const leased = await reconciliations.leaseReconciliation(null, budget);
    if (leased === null) throw new Error('nothing to compare');
    await reconciliations.putOff(leased, { problem: 'timeout', retryInMs: 0, pauseMs: null });
    await reconciliations.askAboutAbsent(leased, 10);
    await reconciliations.decideAbsences(hold, { approved: false, by: 'ann', reason: '' });
    await composed.reconcile(Date.now() + 5_000);
    await composed.dispatch(forever);
    await services.store.readReadiness();
  } finally {
    composed.closeFeed();
    await downloads.end();
    await served.close();
  }
}
