import type { Access } from './access.ts';
import { accessIn } from './access.ts';
import { createApi } from './api/app.ts';
import type { ApiCalls } from './api/calls.ts';
import { createCalls } from './api/calls.ts';
import type { ApiFault } from './api/faults.ts';
import { createGate } from './api/gate.ts';
import { instanceRoutes } from './api/instance.ts';
import { organizationRoutes } from './api/organizations.ts';
import { peopleRoutes } from './api/people.ts';
import { apiKeyChanges } from './changes/api-keys.ts';
import { invitationChanges } from './changes/invitations.ts';
import { memberChanges } from './changes/members.ts';
import { organizationChanges } from './changes/organizations.ts';
import { roleChanges } from './changes/roles.ts';
import { sessionChanges } from './changes/sessions.ts';
import { userChanges } from './changes/users.ts';
import type { StandInState } from './history.ts';
import { stateAt } from './history.ts';
import type { ClerkStandInOptions } from './options.ts';
import { defaults } from './options.ts';
import { createTokens } from './tokens.ts';
import type { WebhookFault } from './webhooks/faults.ts';
import { createSender } from './webhooks/sender.ts';
import { createWorld } from './world.ts';

/** All of a stand-in but its front door, which the control API needs to be made first. */
export const createCore = (options: ClerkStandInOptions) => {
  const world = createWorld(options);
  const tokens = createTokens(world, options);
  const sender = createSender(world, options);
  const gate = createGate(options, world.time);
  const calls = createCalls();
  const { createDefaults, ...roles } = roleChanges(world);
  const { revokeSessionByApi, ...sessions } = sessionChanges(world);
  const apiKeys = apiKeyChanges(world);
  if (world.history.length === 0) createDefaults();

  const routes = {
    ...instanceRoutes(world, tokens, apiKeys.revokeApiKey),
    ...peopleRoutes(world, tokens, revokeSessionByApi),
    ...organizationRoutes(world),
  };
  const api = createApi(routes, gate, calls, world.time);
  const apiCalls: ApiCalls = calls;

  return {
    instanceId: world.instanceId,
    secretKey: options.secretKey ?? defaults.secretKey,
    signingSecret: sender.signingSecret,
    issuer: tokens.issuer,
    authorizedParty: options.authorizedParty ?? defaults.authorizedParty,
    /** The public key, as `CLERK_JWT_KEY` wants it. */
    get jwtKeyPem(): string {
      return tokens.publicKeyPem();
    },
    get privateKeyPem(): string {
      return tokens.privateKeyPem();
    },

    // Changes: each is one provider time, one history entry, and the events Clerk would send.
    ...userChanges(world),
    ...organizationChanges(world),
    ...memberChanges(world),
    ...roles,
    ...sessions,
    ...invitationChanges(world),
    ...apiKeys,
    sameInstant: world.sameInstant,

    // The truth: what there is, what there was, who may do what.
    state: world.state,
    history: world.history,
    stateAt: (time: number): StandInState => stateAt(world.history, time),
    access: (): readonly Access[] => accessIn(world.state),
    accessAt: (time: number): readonly Access[] => accessIn(stateAt(world.history, time)),
    revocations: world.revocations,
    now: world.now,

    // Tokens.
    mintToken: tokens.mintToken,
    signToken: tokens.signToken,

    // Webhooks.
    outbox: world.outbox,
    signed: sender.signed,
    deliver: sender.deliver,
    resend: sender.resend,
    addEndpoint: sender.addEndpoint,
    removeEndpoint: sender.removeEndpoint,
    pause: sender.pause,
    resume: sender.resume,
    discard: sender.discard,
    messages: sender.messages,
    deliveries: sender.deliveries,
    pending: sender.pending,
    settled: sender.settled,

    // Faults.
    failApi: (fault: ApiFault): void => gate.faults.add(fault),
    failWebhooks: (fault: WebhookFault): void => sender.faults.add(fault),
    clearFaults(): void {
      gate.faults.clear();
      sender.faults.clear();
    },

    calls: apiCalls,
    /** The Backend API alone; `fetch` of the whole has the control API too. */
    api,
    /** Drops timers, messages on their way and calls that hang. */
    close(): void {
      gate.faults.clear();
      sender.close();
    },
  };
};

export type StandInCore = ReturnType<typeof createCore>;
