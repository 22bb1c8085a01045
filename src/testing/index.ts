export type { Access } from './clerk/access.ts';
export type { ApiCall, ApiCalls } from './clerk/api/calls.ts';
export type { ApiFault } from './clerk/api/faults.ts';
export { ClerkRefusal } from './clerk/errors.ts';
export type { HistoryEntry, StandInState } from './clerk/history.ts';
export type {
  ApiKey,
  Invitation,
  Membership,
  Metadata,
  Organization,
  Permission,
  Role,
  Session,
  User,
} from './clerk/model.ts';
export {
  type ClerkStandInOptions,
  SHORT_RETRY_SCHEDULE,
  SVIX_RETRY_SCHEDULE,
  type WebhookEndpoint,
} from './clerk/options.ts';
export { type ServedClerkStandIn, serveClerkStandIn } from './clerk/serve.ts';
export { type ClerkStandIn, createClerkStandIn } from './clerk/stand-in.ts';
export type { TokenRequest } from './clerk/tokens.ts';
export type { WebhookFault } from './clerk/webhooks/faults.ts';
export type { Answer, Attempt, Message } from './clerk/webhooks/message.ts';
export { svixHeaders, svixSignature } from './clerk/webhooks/sign.ts';
export type { OutboxEvent, Revocation, WebhookPayload } from './clerk/world.ts';
export {
  startTestRolecall,
  type TestRolecall,
  type TestRolecallOptions,
} from './start-test-rolecall.ts';
