import * as v from 'valibot';
import { createClerkStandIn } from '../src/testing/index.ts';
import type { World } from './attack.ts';
import type { Canaries } from './canaries.ts';
import { ask, deliver, send, signIn } from './genuine.ts';
import { HOSTILE_NAMES } from './hostile-names.ts';
import { routesOf } from './routes.ts';
import type { Stage } from './stage.ts';

const Page = v.object({ epoch: v.string(), next: v.number() });

/** One-time codes, in messages whose types Rolecall does not know, and in one that is broken as well. */
const messages = ({ codes, privateMetadata, unsafeMetadata }: Canaries) => {
  const now = Date.now();
  return {
    msg_email: {
      object: 'event',
      type: 'email.created',
      timestamp: now,
      data: {
        id: 'ema_1',
        to_email_address: 'ada@example.com',
        body: `${codes[0]} is your code`,
        data: { otp_code: codes[0] },
      },
    },
    msg_sms: {
      object: 'event',
      type: 'sms.created',
      timestamp: now,
      data: { id: 'sms_1', message: `${codes[1]} is your code`, data: { otp_code: codes[1] } },
    },
    msg_broken_email: { type: 'email.created', timestamp: codes[2], data: codes[2] },
    // Of known types, read and unreadable.
    msg_private: {
      object: 'event',
      type: 'user.updated',
      timestamp: now,
      data: {
        object: 'user',
        id: 'user_ada',
        first_name: HOSTILE_NAMES[0],
        banned: false,
        private_metadata: { key: privateMetadata },
        unsafe_metadata: { key: unsafeMetadata },
        public_metadata: {},
        created_at: now,
        updated_at: now,
      },
    },
    msg_private_broken: {
      object: 'event',
      type: 'organization.updated',
      timestamp: now,
      data: { id: 7, name: HOSTILE_NAMES[1], private_metadata: { key: privateMetadata } },
    },
  };
};

/** Two tenants with members, sessions, hostile names and messages with codes, all told by genuine webhooks. */
export async function playScene(stage: Stage, canaries: Canaries): Promise<World> {
  const { clerk, node } = stage;
  const asker = { host: node.host, canaries };
  clerk.addEndpoint({
    url: `http://${node.host}/webhooks/clerk`,
    fetch: (request) => send(node.host, request),
  });
  // Roles are everybody's: only who holds one is told of a tenant.
  clerk.defineRole('org:actor', 'Actor', ['org:rival:act']);
  clerk.createOrganization({ id: 'org_acme', name: HOSTILE_NAMES[0] ?? '' });
  clerk.createOrganization({ id: 'org_rival', name: 'Rival, unheard of' });
  const privately = {
    privateMetadata: { key: canaries.privateMetadata },
    unsafeMetadata: { key: canaries.unsafeMetadata },
  };
  const memberships = new Map<string, string>();
  for (const [user, organization, role] of [
    ['user_ada', 'org_acme', 'org:admin'],
    ['user_bob', 'org_acme', 'org:member'],
    ['user_rex', 'org_rival', 'org:admin'],
    ['user_rival_hidden', 'org_rival', 'org:actor'],
  ] as const) {
    clerk.createUser({ id: user, firstName: HOSTILE_NAMES[2] ?? '', ...privately });
    memberships.set(user, clerk.addMember(organization, user, role).id);
  }
  clerk.createInvitation('org_rival', 'rival-hidden@example.com', 'org:member');
  HOSTILE_NAMES.forEach((name, index) => {
    clerk.createOrganization({ id: `org_hostile${index}`, name, publicMetadata: { features: [name] } });
    clerk.defineRole(`org:hostile_${index}`, name, []);
    clerk.addMember(`org_hostile${index}`, 'user_bob', `org:hostile_${index}`);
  });
  clerk.createUser({ id: 'user_pulse' });
  clerk.createOrganization({ id: 'org_pulse' });
  clerk.addMember('org_pulse', 'user_pulse', 'org:member');
  const ada = clerk.createSession('user_ada', { organizationId: 'org_acme' });
  const rex = clerk.createSession('user_rex', { organizationId: 'org_rival' });
  const ended = clerk.createSession('user_ada', { id: 'sess_ended', organizationId: 'org_acme' });
  clerk.endSession(ended.id);
  clerk.resume();
  await clerk.settled();
  const told = messages(canaries);
  for (const [id, message] of Object.entries(told)) {
    const { status, text } = await deliver(asker, id, JSON.stringify(message));
    if (status !== 200) throw new Error(`the genuine message ${id} was answered ${status} ${text}`);
  }
  // Hostile names in messages that cannot be read, whose text operators are shown.
  for (const [index, name] of HOSTILE_NAMES.entries()) {
    await deliver(asker, `msg_hostile${index}`, JSON.stringify({ type: name, data: { id: name } }));
    await deliver(
      asker,
      `msg_hostile_user${index}`,
      JSON.stringify({ object: 'event', type: 'user.updated', timestamp: Date.now(), data: { id: 7, name } }),
    );
    await deliver(asker, `msg_hostile_text${index}`, `<${name}`);
  }

  const stranger = createClerkStandIn({ autoSend: false });
  const page = v.parse(
    Page,
    JSON.parse(await ask(asker, '/v1/changes?after=0&limit=1000', canaries.readToken)),
  );
  return {
    host: node.host,
    routes: routesOf(JSON.parse(await ask(asker, '/openapi.json', ''))),
    canaries,
    cookies: {
      writer: await signIn(asker, canaries.operatorToken),
      reader: await signIn(asker, canaries.lookerToken),
    },
    issuer: clerk.issuer,
    authorizedParty: clerk.authorizedParty,
    jwtKeyPem: clerk.jwtKeyPem,
    sessions: { ada: ada.id, rex: rex.id },
    membershipOfBob: memberships.get('user_bob') ?? '',
    signToken: clerk.signToken,
    forgeToken: stranger.signToken,
    taken: { id: 'msg_private', body: JSON.stringify(told.msg_private) },
    feed: { epoch: page.epoch, revision: page.next },
    now: () => Date.now(),
  };
}
