/** The public surface of `rolecall/guard`, nothing else. */
export type { ApiKeys } from './api-key.ts';
export type {
  ApiKeyCaller,
  Authorization,
  Caller,
  Denied,
  Identity,
  Refusal,
  SessionCaller,
  Wanted,
} from './authorization.ts';
export { createGuard, type Guard, type GuardOptions, type OnDenied } from './create-guard.ts';
export type { HeaderSource } from './credential.ts';
export { deniedResponse } from './denied-response.ts';
export type { GuardSettings } from './settings.ts';
